"""Writes: from the wish to pay to the gateway's final word, never charging twice.

`start_payment` records the wish, a task runs `charge_payment`, and whichever comes first, the
gateway's answer or its webhook, ends in `settle_payment`. Each step may be repeated at any point,
because the payment's public id is the key under which the gateway charges at most once.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.utils import timezone
from prometheus_client import Counter

from apps.common import audit
from apps.common.errors import ApplicationError, NotFound
from apps.common.events import bus
from apps.orders.models import Order
from apps.orders.services import begin_payment, complete_payment, fail_payment
from apps.payments.errors import PaymentMismatch
from apps.payments.events import PaymentFailed, PaymentProcessed, PaymentRequested
from apps.payments.gateways import gateway, gateway_named
from apps.payments.gateways.base import ChargeRequest, GatewayEvent, Outcome
from apps.payments.models import OPEN, Payment, PaymentStatus, WebhookEvent

STUCK_AFTER = timedelta(minutes=15)
STUCK_BATCH = 100

COLLECTED = Counter("payments_collected", "Money that payments brought in.", ["currency"])

log = structlog.stdlib.get_logger(__name__)


@transaction.atomic
def start_payment(*, order: Order, method: str) -> Payment:
    """Record the wish to pay the order's total; the gateway is asked in the background.

    Args:
        order: The order to pay.
        method: The gateway's token for the means of payment.

    Raises:
        Conflict: If the order is not payable now.
    """
    order = begin_payment(order=order)
    payment = Payment.objects.create(
        order=order,
        gateway=gateway().name,
        method=method,
        amount=order.total.amount,
        currency=order.total.currency,
    )
    audit.record("payment.requested", payment, order=str(order.public_id), money=str(payment.money))
    bus.publish(PaymentRequested(payment_id=payment.public_id, order_id=order.public_id))
    return payment


def charge_payment(*, payment_id: UUID) -> None:
    """Ask the gateway to collect an open payment, and settle it with the answer.

    Raises:
        TransientError: If the gateway did not answer; the payment stays open, ask again.
    """
    # Durable: the attempt is on record before the gateway, which no rollback reaches, is asked.
    with transaction.atomic(durable=True):
        payment = _locked(payment_id)
        if payment.is_settled:
            return
        payment.status = PaymentStatus.PROCESSING
        payment.attempts += 1
        payment.save()
    result = gateway_named(payment.gateway).charge(
        ChargeRequest(payment_id=payment_id, money=payment.money, method=payment.method)
    )
    settle_payment(
        payment_id=payment_id,
        outcome=result.outcome,
        reference=result.reference,
        reason=result.reason,
    )


@transaction.atomic
def settle_payment(
    *, payment_id: UUID, outcome: Outcome, reference: str = "", reason: str = ""
) -> Payment:
    """Apply the gateway's word to the payment and its order.

    The first decision is final: its repetition changes nothing, and a contradiction is reported
    for a person to resolve.

    Args:
        payment_id: The payment's public id.
        outcome: A pending one leaves the payment open.
        reference: The gateway's name for the charge.
        reason: Why it was declined.
    """
    payment = _locked(payment_id)
    if payment.is_settled:
        if outcome.is_final and outcome != payment.status:
            _report_contradiction(payment, outcome, reference)
        return payment
    payment.gateway_reference = reference or payment.gateway_reference
    if outcome is Outcome.SUCCEEDED:
        _succeed(payment)
    elif outcome is Outcome.DECLINED:
        _decline(payment, reason)
    else:
        payment.save()
    return payment


def receive_webhook(*, name: str, headers: Mapping[str, str], body: bytes) -> None:
    """Settle what the gateway reports; an event that was processed before has no effect.

    Args:
        name: The gateway's.
        headers: Of the request.
        body: Of the request, byte for byte.

    Raises:
        NotFound: If there is no such gateway or payment.
        InvalidSignature: If the request is forged or stale.
        InvalidInput: If the event is malformed.
        PaymentMismatch: If the event's amount or currency is not the payment's.
    """
    event = gateway_named(name).parse_webhook(headers, body)
    with transaction.atomic():
        refusal = _receive(name, event)
    # Raised only now, so that the evidence of a refused event is committed.
    if refusal is not None:
        raise refusal


@transaction.atomic
def claim_stuck_payments() -> list[UUID]:
    """The open payments nothing has happened to for long, to be charged again under their keys.

    Claiming counts as progress, so a sweep that follows shortly leaves them alone.
    """
    stuck = Payment.objects.select_for_update(skip_locked=True).filter(
        status__in=OPEN, updated_at__lt=timezone.now() - STUCK_AFTER
    )
    claimed = list(stuck.order_by("updated_at")[:STUCK_BATCH])
    for payment in claimed:
        payment.save()
        audit.record("payment.resumed", payment, attempts=payment.attempts)
        log.warning("payment resumed", payment_id=str(payment.public_id), attempts=payment.attempts)
    return [payment.public_id for payment in claimed]


def _locked(payment_id: UUID) -> Payment:
    lock = Payment.objects.select_for_update(of=("self",)).select_related("order")
    return lock.get(public_id=payment_id)


def _succeed(payment: Payment) -> None:
    complete_payment(order=payment.order)
    payment.status = PaymentStatus.SUCCEEDED
    payment.save()
    audit.record("payment.succeeded", payment, reference=payment.gateway_reference)
    bus.publish(
        PaymentProcessed(
            payment_id=payment.public_id,
            order_id=payment.order.public_id,
            amount=payment.amount,
            currency=payment.currency,
        )
    )
    collected = COLLECTED.labels(payment.currency)
    transaction.on_commit(lambda: collected.inc(float(payment.amount)), robust=True)


def _decline(payment: Payment, reason: str) -> None:
    fail_payment(order=payment.order)
    payment.status = PaymentStatus.DECLINED
    payment.failure_reason = reason
    payment.save()
    audit.record("payment.declined", payment, reference=payment.gateway_reference, reason=reason)
    bus.publish(
        PaymentFailed(payment_id=payment.public_id, order_id=payment.order.public_id, reason=reason)
    )


def _report_contradiction(payment: Payment, outcome: Outcome, reference: str) -> None:
    audit.record("payment.contradicted", payment, outcome=outcome, reference=reference)
    log.error(
        "payment contradicted",
        payment_id=str(payment.public_id),
        status=payment.status,
        outcome=outcome,
        reference=reference,
    )


def _receive(name: str, event: GatewayEvent) -> ApplicationError | None:
    """Record and apply the event, or say why it is refused."""
    record, _ = WebhookEvent.objects.select_for_update().get_or_create(
        gateway=name, event_id=event.event_id
    )
    if record.processed:
        return None
    payment = Payment.objects.filter(gateway=name, public_id=event.payment_id).first()
    if payment is None:
        log.error("webhook about an unknown payment", gateway=name, webhook_id=event.event_id)
        return NotFound("There is no such payment.")
    if payment.money != event.money:
        audit.record("payment.mismatched", payment, event_id=event.event_id, money=str(event.money))
        log.error(
            "webhook about another sum",
            payment_id=str(payment.public_id),
            money=str(event.money),
        )
        return PaymentMismatch()
    settle_payment(
        payment_id=payment.public_id,
        outcome=event.result.outcome,
        reference=event.result.reference,
        reason=event.result.reason,
    )
    record.processed = True
    record.save()
    return None
