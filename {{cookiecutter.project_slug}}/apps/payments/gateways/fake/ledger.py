"""The fake bank's own books. The shop never looks into them."""

from django.db import models

from apps.common.models import BaseModel
from apps.common.money import Money, amount_field, currency_field
from apps.payments.gateways.base import ChargeResult, Outcome

DECISIONS = [(outcome.value, outcome.name.title()) for outcome in Outcome if outcome.is_final]


class FakeCharge(BaseModel):
    """What the bank decided, once for each idempotency key."""

    idempotency_key = models.CharField(max_length=100, unique=True)
    amount = amount_field()
    currency = currency_field()
    method = models.CharField(max_length=255)
    outcome = models.CharField(max_length=10, choices=DECISIONS)

    def __str__(self) -> str:
        return f"{self.money} {self.outcome}"

    @property
    def reference(self) -> str:
        """The bank's name for the charge."""
        return f"fake_{self.public_id.hex}"

    @property
    def money(self) -> Money:
        """What was collected, or would have been."""
        return Money(self.amount, self.currency)

    @property
    def result(self) -> ChargeResult:
        """The decision, as the gateway tells it."""
        outcome = Outcome(self.outcome)
        reason = "The card was declined." if outcome is Outcome.DECLINED else ""
        return ChargeResult(outcome=outcome, reference=self.reference, reason=reason)
