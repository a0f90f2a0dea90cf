"""Reading how the shop does, from the domains that know it."""

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
class Sales:
    """What a vendor has sold: its lines of those orders of the last 30 days that are paid.

    An order belongs to the time it was placed at.

    Attributes:
        orders_paid: Number of orders with such a line.
        units_sold: Sum of the quantities.
        revenue: Price times quantity, as agreed then; one sum for each currency, by its code.
    """

    orders_paid: int
    units_sold: int
    revenue: Sequence[Money]


@dataclass(frozen=True, slots=True)
class Assortment:
    """What customers see of a vendor now: nothing while the vendor is hidden.

    Attributes:
        products_on_sale: Number of products with a unit free to sell.
        products_sold_out: Number of those without.
    """

    products_on_sale: int
    products_sold_out: int


@dataclass(frozen=True, slots=True)
class ProductSales:
    """What a vendor has sold of one product, as `Sales` counts it.

    Attributes:
        product_id: Public id.
        name: The product's present one.
        units_sold: Sum of the quantities.
        revenue: Price times quantity, as agreed then.
    """

    product_id: UUID
    name: str
    units_sold: int
    revenue: Money


@dataclass(frozen=True, slots=True)
class Dashboard:
    """How a vendor does."""

    vendor: Vendor
    sales: Sales
    assortment: Assortment
    top_products: Sequence[ProductSales]


def vendor_dashboard(vendor: Vendor) -> Dashboard:
    """How a vendor does, in three queries."""
    return Dashboard(vendor, sales(vendor), assortment(vendor), top_products(vendor))


def sales(vendor: Vendor) -> Sales:
    """What the vendor has sold, in all."""
    by_currency = list(
        _sold(vendor)
        .values(currency=F("order__currency"))
        .annotate(orders=Count("order", distinct=True), units=Sum("quantity"), revenue=REVENUE)
        .order_by("currency")
    )
    return Sales(
        # An order has one currency.
        orders_paid=sum(row["orders"] for row in by_currency),
        units_sold=sum(row["units"] for row in by_currency),
        revenue=[Money(row["revenue"], row["currency"]) for row in by_currency],
    )


def assortment(vendor: Vendor) -> Assortment:
    """How many products of the vendor customers see, and can buy."""
    return Assortment(
        **catalogue()
        .filter(vendor=vendor)
        .aggregate(
            products_on_sale=Count("pk", filter=Q(available__gt=0)),
            products_sold_out=Count("pk", filter=Q(available=0)),
        )
    )


def top_products(vendor: Vendor) -> list[ProductSales]:
    """The products the vendor has sold most units of, five at most; among equals, the newer."""
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
    return OrderItem.objects.filter(
        product__vendor=vendor,
        order__status=OrderStatus.PAID,
        order__created_at__gte=timezone.now() - PERIOD,
    )
