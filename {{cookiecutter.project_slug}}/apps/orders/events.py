"""What happens to orders."""

from decimal import Decimal
from uuid import UUID

from apps.common.events import Event


class OrderEvent(Event):
    """Something that happened to an order."""

    order_id: UUID

    @property
    def aggregate(self) -> str:
        """The order."""
        return f"order:{self.order_id}"


class OrderCreated(OrderEvent):
    """A customer placed an order; its stock is reserved."""

    customer_id: UUID
    total_amount: Decimal
    currency: str


class OrderCancelled(OrderEvent):
    """An order was given up before it was paid; its stock is released."""
