"""What orders look like in version 2, which is what they look like in version 1."""

from typing import Annotated
from uuid import UUID

from ninja import Field, Schema
from pydantic import AfterValidator

from apps.common.async_ninja.schemas import (
    Amount,
    Input,
    Instant,
    PageQuery,
    blank_is_none,
    no_boolean,
)
from apps.orders.apis.serializers import MAX_LINES, MAX_QUANTITY
from apps.orders.models import OrderStatus
from apps.orders.services import OrderLine


class OrderLineSchema(Input):
    """What to buy, and how many."""

    product_id: UUID
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY), no_boolean]


def _every_product_once(items: list[OrderLineSchema]) -> list[OrderLineSchema]:
    if len({item.product_id for item in items}) < len(items):
        raise ValueError("A product appears more than once.")
    return items


class PlaceOrderSchema(Input):
    """An order to be placed."""

    items: Annotated[
        list[OrderLineSchema],
        Field(min_length=1, max_length=MAX_LINES),
        AfterValidator(_every_product_once),
    ]

    def lines(self) -> list[OrderLine]:
        """The lines, as the service takes them."""
        return [OrderLine(item.product_id, item.quantity) for item in self.items]


class OrderQuery(PageQuery):
    """Which orders are asked for."""

    status: Annotated[OrderStatus | None, blank_is_none] = None


class OrderItemSchema(Schema):
    """A line of an order."""

    product_id: UUID = Field(alias="product.public_id")
    product_name: str
    unit_price: Amount
    quantity: int
    subtotal: Amount = Field(alias="subtotal.amount")


class OrderSchema(Schema):
    """An order with its lines."""

    id: UUID = Field(alias="public_id")
    status: OrderStatus
    total_amount: Amount
    currency: str
    items: list[OrderItemSchema]
    created_at: Instant
    updated_at: Instant
