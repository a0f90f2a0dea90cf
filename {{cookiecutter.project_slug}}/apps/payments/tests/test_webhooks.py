"""What gateways can report, and what they cannot."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from apps.common.models import AuditEntry
from apps.orders.models import Order, OrderStatus
from apps.payments.gateways import signatures
from apps.payments.gateways.base import Outcome
from apps.payments.models import Payment, PaymentStatus, WebhookEvent
from apps.payments.tests.conftest import Pay, Webhook


def send(
    client: Client, request: tuple[dict[str, str], bytes], *, gateway: str = "fake"
) -> tuple[int, str]:
    """Post a webhook; the answer's status, and the code of the problem when it is one."""
    headers, body = request
    url = reverse("payment-webhook", kwargs={"gateway": gateway})
    response = client.post(url, body, content_type="application/json", headers=headers)
    return response.status_code, response.json()["code"] if response.content else ""


@pytest.fixture
def payment(pay: Pay) -> Payment:
    """A payment the gateway will report."""
    return pay("fake_webhook_success")


def test_a_reported_success_pays_the_order(
    client: Client, payment: Payment, order: Order, webhook: Webhook
) -> None:
    assert send(client, webhook(payment)) == (200, "")
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, payment.gateway_reference) == (PaymentStatus.SUCCEEDED, "fake_1")
    assert order.status == OrderStatus.PAID


def test_a_reported_decline_fails_the_order(
    client: Client, payment: Payment, order: Order, webhook: Webhook
) -> None:
    send(client, webhook(payment, outcome=Outcome.DECLINED, reason="No cover."))
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.status, payment.failure_reason) == (PaymentStatus.DECLINED, "No cover.")
    assert order.status == OrderStatus.PAYMENT_FAILED


def test_a_replayed_event_is_acknowledged_and_has_no_effect(
    client: Client, payment: Payment, webhook: Webhook
) -> None:
    request = webhook(payment)
    send(client, request)
    before = AuditEntry.objects.count()
    assert send(client, request) == (200, "")
    assert AuditEntry.objects.count() == before
    assert WebhookEvent.objects.get().processed


def test_a_late_contradiction_is_acknowledged_so_that_the_gateway_stops_repeating_it(
    client: Client, payment: Payment, webhook: Webhook
) -> None:
    send(client, webhook(payment, outcome=Outcome.DECLINED))
    assert send(client, webhook(payment, event_id="evt_2")) == (200, "")
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.DECLINED


def test_a_replayed_contradiction_is_reported_once(
    client: Client, payment: Payment, webhook: Webhook
) -> None:
    send(client, webhook(payment, outcome=Outcome.DECLINED))
    for _ in range(2):
        send(client, webhook(payment, event_id="evt_2"))
    assert AuditEntry.objects.filter(action="payment.contradicted").count() == 1


def test_a_forged_event_is_refused_and_leaves_no_trace(
    client: Client, payment: Payment, webhook: Webhook
) -> None:
    _, body = webhook(payment)
    headers = {signatures.HEADER: signatures.sign(body, key="a guess")}
    assert send(client, (headers, body)) == (400, "invalid-signature")
    assert not WebhookEvent.objects.exists()


def test_an_altered_event_is_refused(client: Client, payment: Payment, webhook: Webhook) -> None:
    headers, body = webhook(payment, outcome=Outcome.DECLINED)
    altered = body.replace(b"declined", b"succeeded")
    assert send(client, (headers, altered)) == (400, "invalid-signature")
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PENDING


def test_an_unsigned_event_is_refused(client: Client, payment: Payment, webhook: Webhook) -> None:
    _, body = webhook(payment)
    assert send(client, ({}, body)) == (400, "invalid-signature")


def test_a_stale_event_is_refused(client: Client, payment: Payment, webhook: Webhook) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=1)):
        request = webhook(payment)
    assert send(client, request) == (400, "invalid-signature")


def test_a_signed_event_that_makes_no_sense_is_refused(
    client: Client, db: None, settings: Settings
) -> None:
    body = b"not JSON"
    signature = signatures.sign(body, key=settings.PAYMENT_WEBHOOK_SECRET)
    assert send(client, ({signatures.HEADER: signature}, body)) == (400, "invalid-input")


@pytest.mark.parametrize("change", [{"amount": Decimal("0.01")}, {"currency": "EUR"}])
def test_an_event_about_another_sum_is_refused_and_kept_as_evidence(
    change: dict[str, object], client: Client, payment: Payment, webhook: Webhook
) -> None:
    assert send(client, webhook(payment, **change)) == (422, "payment-mismatch")
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PENDING
    assert not WebhookEvent.objects.get().processed
    assert AuditEntry.objects.filter(
        action="payment.mismatched", target_id=payment.public_id
    ).exists()


def test_a_refused_event_is_refused_again(
    client: Client, payment: Payment, webhook: Webhook
) -> None:
    request = webhook(payment, currency="EUR")
    answers = {send(client, request) for _ in range(2)}
    assert answers == {(422, "payment-mismatch")}


def test_an_event_about_no_payment_of_ours_is_refused(
    client: Client, payment: Payment, webhook: Webhook
) -> None:
    assert send(client, webhook(payment, payment_id=uuid4())) == (404, "not-found")
    assert not WebhookEvent.objects.get().processed


def test_a_gateway_that_is_not_in_use_cannot_report(
    client: Client, payment: Payment, webhook: Webhook
) -> None:
    assert send(client, webhook(payment), gateway="rival") == (404, "not-found")


def test_a_gateway_cannot_report_another_ones_payment(
    client: Client, payment: Payment, webhook: Webhook, settings: Settings
) -> None:
    settings.PAYMENT_GATEWAY = "apps.payments.tests.gateways.RivalGateway"
    assert send(client, webhook(payment), gateway="rival") == (404, "not-found")
    payment.refresh_from_db()
    assert payment.status == PaymentStatus.PENDING
