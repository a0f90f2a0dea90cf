"""What figures look like in version 2, which is what they look like in version 1."""

from uuid import UUID

from ninja import Schema

from apps.common.async_ninja.schemas import Amount
from apps.vendors.apis.schemas import VendorSchema


class MoneySchema(Schema):
    """An amount, in the main unit of its currency."""

    amount: Amount
    currency: str


class StatisticsSchema(Schema):
    """What has been ordered within the last 30 days and is paid, and what there is to sell now."""

    orders_paid: int
    units_sold: int
    revenue: list[MoneySchema]
    products_on_sale: int
    products_sold_out: int


class ProductSalesSchema(Schema):
    """What has been sold of a product within the same time."""

    product_id: UUID
    name: str
    units_sold: int
    revenue: MoneySchema


class DashboardSchema(Schema):
    """How a vendor does."""

    vendor: VendorSchema
    statistics: StatisticsSchema
    top_products: list[ProductSalesSchema]
