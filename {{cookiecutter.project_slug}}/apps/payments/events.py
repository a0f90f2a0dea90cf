"""What happens to payments; an order and its payments share one order of events."""

from decimal import Decimal
from uuid import UUID

from apps.common.events import Event


class PaymentEvent(Event):
    """The common part: which payment, of which order."""

    payment_id: UUID
    order_id: UUID

    @property
    def aggregate(self) -> str:
        """The order, so that nobody hears of a payment before its order."""
        return f"order:{self.order_id}"


class PaymentRequested(PaymentEvent):
    """A customer wants to pay; the gateway has not been asked yet."""


class PaymentProcessed(PaymentEvent):
    """The gateway took the money."""

    amount: Decimal
    currency: str


class PaymentFailed(PaymentEvent):
    """The gateway declined."""

    reason: str
