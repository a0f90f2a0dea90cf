"""The fake bank's webhook: what it says and how it is sent."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

import httpx
from django.conf import settings
from pydantic import BaseModel, Field

from apps.common.money import Money
from apps.payments.gateways import signatures
from apps.payments.gateways.base import ChargeResult, GatewayEvent, GatewayUnavailable, Outcome
from apps.payments.gateways.fake.ledger import FakeCharge

TIMEOUT = 10  # seconds

type Identifier = Annotated[str, Field(pattern=r"^[\w-]{1,100}$")]


class Callback(BaseModel, frozen=True):
    """The webhook's JSON body."""

    event_id: Identifier
    payment_id: UUID
    reference: Identifier
    outcome: Outcome
    reason: str = Field(default="", max_length=255)
    amount: Decimal = Field(ge=0, max_digits=12, decimal_places=2)
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    @classmethod
    def of(cls, charge: FakeCharge) -> "Callback":
        """The callback for a charge, the same each time: repetitions are recognised."""
        result = charge.result
        return cls(
            event_id=f"evt_{charge.public_id.hex}",
            payment_id=UUID(charge.idempotency_key),
            reference=result.reference,
            outcome=result.outcome,
            reason=result.reason,
            amount=charge.amount,
            currency=charge.currency,
        )

    def as_event(self) -> GatewayEvent:
        """The callback in the port's terms."""
        return GatewayEvent(
            event_id=self.event_id,
            payment_id=self.payment_id,
            money=Money(self.amount, self.currency),
            result=ChargeResult(outcome=self.outcome, reference=self.reference, reason=self.reason),
        )


def send(charge: FakeCharge, *, url: str) -> None:
    """Tell the merchant at `url` what became of the charge.

    Raises:
        GatewayUnavailable: If the merchant does not acknowledge with a 2xx status; try again.
        httpx.TransportError: If it cannot be reached; try again.
    """
    body = Callback.of(charge).model_dump_json().encode()
    response = httpx.post(
        url,
        content=body,
        headers={
            "Content-Type": "application/json",
            signatures.HEADER: signatures.sign(body, key=settings.PAYMENT_WEBHOOK_SECRET),
        },
        timeout=TIMEOUT,
        trust_env=False,  # the site calls itself: never through a proxy
    )
    if not response.is_success:
        raise GatewayUnavailable(f"The webhook was answered with {response.status_code}.")
