"""Payments charge once and end in one decision, whatever happens in between."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone
from prometheus_client import REGISTRY
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from apps.authentication.models import User
from apps.common.errors import Conflict, NotFound
from apps.common.models import AuditEntry, OutboxEvent
from apps.common.retries import TransientError
from apps.inventory.models import StockItem
from apps.orders.models import Order, OrderStatus
from apps.orders.services import cancel_order
from apps.payments.gateways.base import Outcome
from apps.payments.gateways.fake import FakeGateway
from apps.payments.models import FakeCharge, Payment, PaymentStatus
from apps.payments.services import (
    STUCK_AFTER,
    charge_payment,
    claim_stuck_payments,
    settle_payment,
    start_payment,
)
from apps.payments.tests import gateways
from apps.payments.tests.conftest import Pay, PlaceOrder
from apps.products.models import Product


def stock_of(product: Product) -> tuple[int, int]:
    stock = StockItem.objects.get(product=product)
    return stock.on_hand, stock.reserved


def use(settings: Settings, gateway: type) -> None:
    settings.PAYMENT_GATEWAY = f"{gateway.__module__}.{gateway.__qualname__}"


def events() -> list[str]:
    published = OutboxEvent.objects.filter(name__startswith="Payment").order_by("id")
    return [*published.values_list("name", flat=True)]


class TestStarting:
    def test_the_payment_is_for_the_orders_total(self, order: Order, pay: Pay) -> None:
        payment = pay("fake_success")
        assert (payment.money, payment.status) == (order.total, PaymentStatus.PENDING)

    def test_the_order_is_held(self, order: Order, pay: Pay) -> None:
        pay("fake_success")
        order.refresh_from_db()
        assert order.status == OrderStatus.PROCESSING

    def test_the_gateway_is_not_asked_yet(self, pay: Pay) -> None:
        pay("fake_success")
        assert not FakeCharge.objects.exists()

    def test_it_is_announced_and_audited(self, pay: Pay) -> None:
        payment = pay("fake_success")
        assert events() == ["PaymentRequested"]
        assert AuditEntry.objects.filter(
            action="payment.requested", target_id=payment.public_id
        ).exists()

    def test_the_payment_method_stays_out_of_the_audit_log(self, pay: Pay) -> None:
        payment = pay("fake_success")
        entry = AuditEntry.objects.get(target_id=payment.public_id)
        assert "fake_success" not in str(entry.changes)

    def test_an_order_under_payment_cannot_be_paid_again(self, order: Order, pay: Pay) -> None:
        pay("fake_success")
        with pytest.raises(Conflict):
            start_payment(order=order, method="fake_success")
        assert Payment.objects.count() == 1

    def test_a_cancelled_order_cannot_be_paid(self, order: Order, pay: Pay) -> None:
        cancel_order(order=order)
        with pytest.raises(Conflict):
            pay("fake_success")


class TestCharging:
    def test_an_accepted_payment_pays_the_order_and_sells_the_stock(
        self, order: Order, product: Product, pay: Pay
    ) -> None:
        payment = pay("fake_success")
        charge_payment(payment_id=payment.public_id)
        payment.refresh_from_db()
        order.refresh_from_db()
        assert (payment.status, order.status) == (PaymentStatus.SUCCEEDED, OrderStatus.PAID)
        assert stock_of(product) == (3, 0)
        assert payment.gateway_reference == FakeCharge.objects.get().reference

    def test_the_money_it_brings_in_is_counted_once(
        self, pay: Pay, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        def collected() -> float:
            currency = {"currency": payment.currency}
            return REGISTRY.get_sample_value("payments_collected_total", currency) or 0

        payment = pay("fake_success")
        before = collected()
        for _ in range(2):
            with django_capture_on_commit_callbacks(execute=True):
                charge_payment(payment_id=payment.public_id)
        assert collected() == before + float(payment.amount)

    def test_a_declined_payment_fails_the_order_and_releases_the_stock(
        self, order: Order, product: Product, pay: Pay
    ) -> None:
        payment = pay("fake_decline")
        charge_payment(payment_id=payment.public_id)
        payment.refresh_from_db()
        order.refresh_from_db()
        assert (payment.status, order.status) == (
            PaymentStatus.DECLINED,
            OrderStatus.PAYMENT_FAILED,
        )
        assert stock_of(product) == (5, 0)
        assert payment.failure_reason == "The card was declined."

    @pytest.mark.parametrize(
        ("method", "event"),
        [("fake_success", "PaymentProcessed"), ("fake_decline", "PaymentFailed")],
    )
    def test_the_decision_is_announced_once(self, method: str, event: str, pay: Pay) -> None:
        payment = pay(method)
        charge_payment(payment_id=payment.public_id)
        charge_payment(payment_id=payment.public_id)
        assert events() == ["PaymentRequested", event]

    def test_a_task_that_runs_twice_charges_once(self, pay: Pay) -> None:
        payment = pay("fake_success")
        charge_payment(payment_id=payment.public_id)
        charge_payment(payment_id=payment.public_id)
        payment.refresh_from_db()
        assert FakeCharge.objects.count() == 1
        assert payment.attempts == 1

    def test_a_worker_that_dies_after_the_charge_is_made_up_for_without_another_charge(
        self, pay: Pay, settings: Settings
    ) -> None:
        payment = pay("fake_success")
        use(settings, gateways.CrashingGateway)
        with pytest.raises(gateways.WorkerKilledError):
            charge_payment(payment_id=payment.public_id)
        payment.refresh_from_db()
        assert (payment.status, FakeCharge.objects.count()) == (PaymentStatus.PROCESSING, 1)

        use(settings, FakeGateway)
        charge_payment(payment_id=payment.public_id)
        payment.refresh_from_db()
        assert (payment.status, FakeCharge.objects.count()) == (PaymentStatus.SUCCEEDED, 1)

    @pytest.mark.parametrize(
        ("method", "gateway"),
        [
            ("fake_timeout", FakeGateway),
            ("fake_success", gateways.DownGateway),
        ],
    )
    def test_a_gateway_that_does_not_answer_is_asked_again_later(
        self,
        method: str,
        gateway: type,
        order: Order,
        product: Product,
        pay: Pay,
        settings: Settings,
    ) -> None:
        payment = pay(method)
        use(settings, gateway)
        with pytest.raises(TransientError):
            charge_payment(payment_id=payment.public_id)
        payment.refresh_from_db()
        order.refresh_from_db()
        assert (payment.status, payment.attempts) == (PaymentStatus.PROCESSING, 1)
        assert order.status == OrderStatus.PROCESSING
        assert stock_of(product) == (5, 2)

    def test_a_pending_answer_leaves_the_payment_open_with_its_reference(self, pay: Pay) -> None:
        payment = pay("fake_webhook_success")
        charge_payment(payment_id=payment.public_id)
        payment.refresh_from_db()
        assert payment.status == PaymentStatus.PROCESSING
        assert payment.gateway_reference == FakeCharge.objects.get().reference

    def test_a_webhook_may_overtake_the_answer(
        self, order: Order, pay: Pay, settings: Settings
    ) -> None:
        payment = pay("fake_webhook_success")
        use(settings, gateways.HastyGateway)
        charge_payment(payment_id=payment.public_id)
        payment.refresh_from_db()
        order.refresh_from_db()
        assert (payment.status, order.status) == (PaymentStatus.SUCCEEDED, OrderStatus.PAID)
        assert not AuditEntry.objects.filter(action="payment.contradicted").exists()

    def test_a_payment_is_never_handed_over_to_another_gateway(
        self, pay: Pay, settings: Settings
    ) -> None:
        payment = pay("fake_success")
        use(settings, gateways.RivalGateway)
        with pytest.raises(NotFound):
            charge_payment(payment_id=payment.public_id)
        assert not FakeCharge.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_the_gateway_is_never_asked_inside_a_transaction(self) -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            charge_payment(payment_id=uuid4())


class TestSettling:
    @pytest.mark.parametrize("outcome", [Outcome.SUCCEEDED, Outcome.DECLINED])
    def test_a_repeated_decision_changes_nothing(self, outcome: Outcome, pay: Pay) -> None:
        payment = pay("fake_webhook_success")
        first = settle_payment(payment_id=payment.public_id, outcome=outcome)
        second = settle_payment(payment_id=payment.public_id, outcome=outcome)
        assert second.updated_at == first.updated_at
        assert AuditEntry.objects.filter(target_id=payment.public_id).count() == 2

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (Outcome.DECLINED, Outcome.SUCCEEDED),
            (Outcome.SUCCEEDED, Outcome.DECLINED),
        ],
    )
    def test_a_contradiction_is_reported_and_not_applied(
        self,
        first: Outcome,
        second: Outcome,
        pay: Pay,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        payment = pay("fake_webhook_success")
        settle_payment(payment_id=payment.public_id, outcome=first)
        settled = settle_payment(payment_id=payment.public_id, outcome=second, reference="late")
        entry = AuditEntry.objects.get(action="payment.contradicted")
        assert settled.status == first
        assert entry.changes == {"outcome": second, "reference": "late"}
        assert "payment contradicted" in caplog.text

    def test_a_late_pending_answer_does_not_reopen_a_payment(self, pay: Pay) -> None:
        payment = pay("fake_webhook_success")
        settle_payment(payment_id=payment.public_id, outcome=Outcome.DECLINED)
        settled = settle_payment(payment_id=payment.public_id, outcome=Outcome.PENDING)
        assert settled.status == PaymentStatus.DECLINED

    def test_a_decision_without_reference_keeps_the_known_one(self, pay: Pay) -> None:
        payment = pay("fake_webhook_success")
        settle_payment(payment_id=payment.public_id, outcome=Outcome.PENDING, reference="fake_1")
        settled = settle_payment(payment_id=payment.public_id, outcome=Outcome.SUCCEEDED)
        assert settled.gateway_reference == "fake_1"


class TestStuckPayments:
    @pytest.fixture
    def later(self) -> time_machine.travel:
        return time_machine.travel(timezone.now() + STUCK_AFTER + timedelta(minutes=1), tick=False)

    def test_a_payment_nothing_happened_to_is_claimed(
        self, pay: Pay, later: time_machine.travel
    ) -> None:
        payment = pay("fake_success")
        with later:
            assert claim_stuck_payments() == [payment.public_id]

    def test_a_claim_counts_as_progress(self, pay: Pay, later: time_machine.travel) -> None:
        pay("fake_success")
        with later:
            claim_stuck_payments()
            assert claim_stuck_payments() == []

    def test_a_recent_payment_is_left_alone(self, pay: Pay) -> None:
        pay("fake_success")
        assert claim_stuck_payments() == []

    def test_a_settled_payment_is_left_alone(self, pay: Pay, later: time_machine.travel) -> None:
        payment = pay("fake_success")
        charge_payment(payment_id=payment.public_id)
        with later:
            assert claim_stuck_payments() == []

    def test_those_that_wait_longest_come_first(
        self, pay: Pay, place: PlaceOrder, customer: User, later: time_machine.travel
    ) -> None:
        first = pay("fake_success")
        second = start_payment(order=place(customer), method="fake_success")
        Payment.objects.filter(pk=second.pk).update(updated_at=timezone.now() - STUCK_AFTER)
        with later:
            assert claim_stuck_payments() == [second.public_id, first.public_id]
