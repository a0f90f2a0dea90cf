"""What stock looks like in version 2, which is what it looks like in version 1."""

from typing import Annotated
from uuid import UUID

from ninja import Field, Schema

from apps.common.async_ninja.schemas import Input, no_boolean
from apps.inventory.models import MAX_UNITS


class AvailabilitySchema(Schema):
    """What customers may know."""

    product_id: UUID
    available: int = Field(description="Units that are free to sell.")


class StockInput(Input):
    """How many units there are, reserved ones included."""

    on_hand: Annotated[int, Field(ge=0, le=MAX_UNITS), no_boolean]


class StockSchema(Schema):
    """What those know who keep the stock."""

    product_id: UUID = Field(alias="product.public_id")
    on_hand: int
    reserved: int
    available: int
