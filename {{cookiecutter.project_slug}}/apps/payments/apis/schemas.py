"""What payments look like in version 2, which is what they look like in version 1."""

from typing import Annotated
from uuid import UUID

from ninja import Field, Schema

from apps.common.async_ninja.schemas import (
    Amount,
    Input,
    Instant,
    PageQuery,
    blank_is_none,
    filled,
    without_null,
)
from apps.payments.models import PaymentStatus


class PaymentQuery(PageQuery):
    """Which payments are asked for."""

    order_id: Annotated[UUID | None, blank_is_none] = None


class PaymentSchema(Schema):
    """A payment as its customer sees it; the payment method stays with the gateway."""

    id: UUID = Field(alias="public_id")
    order_id: UUID = Field(alias="order.public_id")
    status: PaymentStatus
    amount: Amount
    currency: str
    failure_reason: str
    created_at: Instant
    updated_at: Instant


class StartPaymentSchema(Input):
    """The wish to pay."""

    order_id: UUID
    method: Annotated[str, filled, Field(max_length=255), without_null] = Field(
        description="The gateway's token for the means of payment."
    )
