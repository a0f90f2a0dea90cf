"""The fake bank's counter: the adapter that payments talk to."""

import time
from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import transaction
from pydantic import ValidationError

from apps.common.errors import InvalidInput
from apps.common.events import Event, bus
from apps.payments.gateways import signatures
from apps.payments.gateways.base import (
    ChargeRequest,
    ChargeResult,
    GatewayEvent,
    GatewayTimeout,
    Outcome,
    PaymentGateway,
)
from apps.payments.gateways.fake.callback import Callback
from apps.payments.gateways.fake.ledger import FakeCharge


class FakeMethod(StrEnum):
    """The payment methods whose behaviour is known beforehand."""

    SUCCESS = "fake_success"
    DECLINE = "fake_decline"
    TIMEOUT = "fake_timeout"
    SLOW = "fake_slow"
    WEBHOOK_SUCCESS = "fake_webhook_success"
    WEBHOOK_DECLINE = "fake_webhook_decline"


APPROVED = {FakeMethod.SUCCESS, FakeMethod.SLOW, FakeMethod.WEBHOOK_SUCCESS}
CALLED_BACK = {FakeMethod.WEBHOOK_SUCCESS, FakeMethod.WEBHOOK_DECLINE}


class FakeChargeDeferred(Event):
    """The bank will report a charge by webhook."""

    charge_id: UUID

    @property
    def aggregate(self) -> str:
        """The charge."""
        return f"fake_charge:{self.charge_id}"


class FakeGateway(PaymentGateway):
    """Decides by the payment method alone; see the package for the methods."""

    name = "fake"

    def charge(self, request: ChargeRequest) -> ChargeResult:
        """Enter the charge in the books; asked again, tell what they say."""
        if request.method == FakeMethod.TIMEOUT:
            raise GatewayTimeout("The fake gateway does not answer.")
        charge, is_new = self._enter(request)
        if is_new and request.method in CALLED_BACK:
            return ChargeResult(outcome=Outcome.PENDING, reference=charge.reference)
        if is_new and request.method == FakeMethod.SLOW:
            time.sleep(settings.FAKE_GATEWAY_LATENCY)
        return charge.result

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> GatewayEvent:
        """Verify and read what `callback.send` sent."""
        signatures.verify(
            headers.get(signatures.HEADER, ""), body, key=settings.PAYMENT_WEBHOOK_SECRET
        )
        try:
            return Callback.model_validate_json(body).as_event()
        except ValidationError as error:
            raise InvalidInput("The event is malformed.") from error

    @staticmethod
    @transaction.atomic
    def _enter(request: ChargeRequest) -> tuple[FakeCharge, bool]:
        charge, is_new = FakeCharge.objects.get_or_create(
            idempotency_key=str(request.payment_id),
            defaults={
                "amount": request.money.amount,
                "currency": request.money.currency,
                "method": request.method,
                "outcome": Outcome.SUCCEEDED if request.method in APPROVED else Outcome.DECLINED,
            },
        )
        if is_new and request.method in CALLED_BACK:
            bus.publish(FakeChargeDeferred(charge_id=charge.public_id))
        return charge, is_new
