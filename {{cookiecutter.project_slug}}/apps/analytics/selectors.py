"""Reading how a vendor does, from the domains that know it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone

from apps.common.money import Money
from apps.orders.models import OrderItem, OrderStatus
from apps.products.selectors import catalogue
from apps.vendors.models import Vendor

PERIOD = timedelta(days=30)
TOP = 5

REVENUE = Sum(F("unit_price") * F("quantity"))


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a vendor has sold lately, and what it has to sell now.

    Sold are the vendor's lines of orders that were placed within the last 30 days and are paid.

    Attributes:
        orders_paid: Number of orders with such a line.
        units_sold: Sum of the quantities.
        revenue: Sums of price times quantity as ordered, one for each currency, by its code.
        products_on_sale: Number of products that customers see and that have a unit free to sell.
        products_sold_out: Number of those that customers see and that have none.
    """

    orders_paid: int
    units_sold: int
    revenue: Sequence[Money]
    products_on_sale: int
    products_sold_out: int


@dataclass(frozen=True, slots=True)
class ProductSales:
    """What a vendor has sold lately of one product.

    Attributes:
        product_id: Public id.
        name: The present one.
        units_sold: As in `Statistics`.
        revenue: As in `Statistics`; a product is sold in one currency.
    """

    product_id: UUID
    name: str
    units_sold: int
    revenue: Money


@dataclass(frozen=True, slots=True)
class Dashboard:
    """How a vendor does."""

    vendor: Vendor
    statistics: Statistics
    top_products: Sequence[ProductSales]


def vendor_dashboard(vendor: Vendor) -> Dashboard:
    """How a vendor does, in three queries."""
    return Dashboard(vendor, statistics(vendor), top_products(vendor))


def statistics(vendor: Vendor) -> Statistics:
    """How much the vendor has sold, and how much of its range customers can buy."""
    by_currency = list(
        _sold(vendor)
        .values(currency=F("order__currency"))
        .annotate(orders=Count("order", distinct=True), units=Sum("quantity"), revenue=REVENUE)
        .order_by("currency")
    )
    stock = catalogue().filter(vendor=vendor)
    return Statistics(
        # An order has one currency.
        orders_paid=sum(row["orders"] for row in by_currency),
        units_sold=sum(row["units"] for row in by_currency),
        revenue=[Money(row["revenue"], row["currency"]) for row in by_currency],
        **stock.aggregate(
            products_on_sale=Count("pk", filter=Q(available__gt=0)),
            products_sold_out=Count("pk", filter=Q(available=0)),
        ),
    )


def top_products(vendor: Vendor) -> list[ProductSales]:
    """The five products that the vendor has sold most units of; among equals, the newer first."""
    best = (
        _sold(vendor)
        .values(
            public_id=F("product__public_id"),
            name=F("product__name"),
            currency=F("order__currency"),
        )
        .annotate(units=Sum("quantity"), revenue=REVENUE)
        .order_by("-units", "-public_id")[:TOP]
    )
    return [
        ProductSales(
            product_id=row["public_id"],
            name=row["name"],
            units_sold=row["units"],
            revenue=Money(row["revenue"], row["currency"]),
        )
        for row in best
    ]


def _sold(vendor: Vendor) -> QuerySet[OrderItem]:
    """The lines that count as sold; an order belongs to the time it was placed at."""
    return OrderItem.objects.filter(
        product__vendor=vendor,
        order__status=OrderStatus.PAID,
        order__created_at__gte=timezone.now() - PERIOD,
    )
