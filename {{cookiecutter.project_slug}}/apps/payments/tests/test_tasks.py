"""Payments in the background, through the real queue and real HTTP."""

from datetime import timedelta

import httpx
import pytest
import time_machine
from django.tasks import Task
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.common.models import OutboxEvent
from apps.common.queues import Queue
from apps.orders.models import Order, OrderStatus
from apps.payments import tasks
from apps.payments.gateways.base import GatewayUnavailable
from apps.payments.models import FakeCharge, Payment, PaymentStatus
from apps.payments.services import STUCK_AFTER, charge_payment
from apps.payments.tests.conftest import Pay
from conftest import RunTasks


@pytest.mark.parametrize(
    "task", [tasks.process_order_payment, tasks.resume_stuck_payments, tasks.deliver_fake_webhook]
)
def test_payments_go_before_everything_else(task: Task[..., None]) -> None:
    assert (task.queue_name, task.priority) == (Queue.CRITICAL, 100)


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("fake_success", OrderStatus.PAID),
        ("fake_decline", OrderStatus.PAYMENT_FAILED),
    ],
)
def test_a_started_payment_is_settled_in_the_background(
    method: str, status: OrderStatus, order: Order, pay: Pay, run_tasks: RunTasks
) -> None:
    pay(method)
    run_tasks()
    order.refresh_from_db()
    assert order.status == status


@pytest.fixture
def unreachable(settings: Settings) -> None:
    """The site cannot be called."""
    settings.APP_BASE_URL = "http://127.0.0.1:9"


@pytest.fixture
def later() -> time_machine.travel:
    """The time when a payment that has seen no progress since now counts as stuck."""
    return time_machine.travel(timezone.now() + STUCK_AFTER + timedelta(minutes=1))


def test_a_payment_whose_task_was_lost_is_resumed(
    order: Order, pay: Pay, run_tasks: RunTasks, later: time_machine.travel
) -> None:
    pay("fake_success")
    OutboxEvent.objects.all().delete()
    with later:
        tasks.resume_stuck_payments.call()
        run_tasks()
    order.refresh_from_db()
    assert order.status == OrderStatus.PAID


@pytest.mark.usefixtures("unreachable")
def test_a_payment_the_gateway_never_calls_back_about_is_asked_after_and_charged_once(
    order: Order, pay: Pay, run_tasks: RunTasks, later: time_machine.travel
) -> None:
    pay("fake_webhook_success")
    run_tasks()
    with later:
        tasks.resume_stuck_payments.call()
        run_tasks()
    order.refresh_from_db()
    assert order.status == OrderStatus.PAID
    assert FakeCharge.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("fake_webhook_success", OrderStatus.PAID),
        ("fake_webhook_decline", OrderStatus.PAYMENT_FAILED),
    ],
)
@pytest.mark.django_db(transaction=True)
def test_the_fake_bank_calls_back_over_http(
    method: str,
    status: OrderStatus,
    order: Order,
    pay: Pay,
    run_tasks: RunTasks,
    live_server: LiveServer,
    settings: Settings,
) -> None:
    settings.APP_BASE_URL = live_server.url
    pay(method)
    run_tasks()
    order.refresh_from_db()
    assert order.status == status


class TestAFailingCallback:
    @pytest.fixture
    def charge(self, pay: Pay) -> FakeCharge:
        """A charge the bank has yet to report."""
        charge_payment(payment_id=pay("fake_webhook_success").public_id)
        return FakeCharge.objects.get()

    @pytest.mark.usefixtures("unreachable")
    def test_is_sent_again_when_nobody_listens(self, charge: FakeCharge) -> None:
        with pytest.raises(httpx.TransportError):
            tasks.deliver_fake_webhook.call(charge_id=str(charge.public_id))

    @pytest.mark.django_db(transaction=True)
    def test_is_sent_again_when_it_is_not_acknowledged(
        self, charge: FakeCharge, live_server: LiveServer, settings: Settings
    ) -> None:
        settings.APP_BASE_URL = f"{live_server.url}/nowhere"
        with pytest.raises(GatewayUnavailable, match="404"):
            tasks.deliver_fake_webhook.call(charge_id=str(charge.public_id))

    @pytest.mark.django_db(transaction=True)
    def test_and_repeated_has_the_effect_of_one(
        self, charge: FakeCharge, live_server: LiveServer, settings: Settings
    ) -> None:
        settings.APP_BASE_URL = live_server.url
        tasks.deliver_fake_webhook.call(charge_id=str(charge.public_id))
        tasks.deliver_fake_webhook.call(charge_id=str(charge.public_id))
        assert Payment.objects.get().status == PaymentStatus.SUCCEEDED
