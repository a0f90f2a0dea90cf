from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.analytics.selectors import (
    PERIOD,
    ProductSales,
    Statistics,
    statistics,
    top_products,
    vendor_dashboard,
)
from apps.analytics.tests.conftest import Buy, Sell
from apps.common.money import Money
from apps.inventory.services import set_stock
from apps.orders.models import Order
from apps.vendors.models import Vendor

pytestmark = pytest.mark.django_db


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def age(order: Order, age: timedelta) -> None:
    """Have an order placed so long ago."""
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - age)


def test_figures_add_up_over_orders_lines_and_currencies(
    vendor: Vendor, sell: Sell, buy: Buy
) -> None:
    shirt, trousers = sell("Shirt", "20.00"), sell("Trousers", "35.55")
    scarf = sell("Scarf", "9.50", currency="EUR")
    buy({shirt: 2, trousers: 1})
    buy({trousers: 4})
    buy({scarf: 3})

    assert statistics(vendor) == Statistics(
        orders_paid=3,
        units_sold=10,
        revenue=[eur("28.50"), usd("217.75")],
        products_on_sale=3,
        products_sold_out=0,
    )


def test_lines_of_other_vendors_do_not_count(
    vendor: Vendor, rival: Vendor, sell: Sell, buy: Buy
) -> None:
    own, other = sell("Shirt"), sell("Hat", seller=rival)
    buy({own: 1, other: 5})
    buy({other: 5})

    figures = statistics(vendor)
    assert (figures.orders_paid, figures.units_sold) == (1, 1)
    assert figures.revenue == [usd("10.00")]
    assert figures.products_on_sale == 1
    assert [product.name for product in top_products(vendor)] == ["Shirt"]


def test_orders_that_are_not_paid_do_not_count(vendor: Vendor, sell: Sell, buy: Buy) -> None:
    buy({sell("Shirt"): 1}, pay=False)

    assert statistics(vendor).orders_paid == 0
    assert top_products(vendor) == []


def test_orders_count_for_thirty_days(vendor: Vendor, sell: Sell, buy: Buy) -> None:
    shirt = sell("Shirt")
    minute = timedelta(minutes=1)
    age(buy({shirt: 1}), PERIOD - minute)
    age(buy({shirt: 2}), PERIOD + minute)

    assert statistics(vendor).units_sold == 1
    assert [product.units_sold for product in top_products(vendor)] == [1]


def test_a_new_price_leaves_what_was_sold_as_it_was(vendor: Vendor, sell: Sell, buy: Buy) -> None:
    shirt = sell("Shirt", "20.00")
    buy({shirt: 1})
    shirt.price = Decimal("99.00")
    shirt.save()

    assert statistics(vendor).revenue == [usd("20.00")]


def test_products_are_on_sale_or_sold_out_or_hidden(vendor: Vendor, sell: Sell, buy: Buy) -> None:
    reserved = sell("Shirt", units=1)
    buy({reserved: 1}, pay=False)
    set_stock(product=sell("Scarf"), on_hand=0)
    sell("Hat")
    sell("Coat", is_active=False)

    figures = statistics(vendor)
    assert (figures.products_on_sale, figures.products_sold_out) == (1, 2)


def test_nothing_of_a_hidden_vendor_is_on_sale(vendor: Vendor, sell: Sell) -> None:
    sell("Shirt")
    vendor.is_active = False
    vendor.save()

    figures = statistics(vendor)
    assert (figures.products_on_sale, figures.products_sold_out) == (0, 0)


def test_the_most_sold_five_products_come_first_and_among_equals_the_newer(
    vendor: Vendor, sell: Sell, buy: Buy
) -> None:
    shirts = [sell(f"Shirt {n}") for n in range(6)]
    for shirt, units in zip(shirts, [1, 2, 2, 3, 4, 5], strict=True):
        buy({shirt: units})

    best = top_products(vendor)
    assert [product.name for product in best] == [f"Shirt {n}" for n in (5, 4, 3, 2, 1)]
    assert best[0] == ProductSales(
        product_id=shirts[5].public_id, name="Shirt 5", units_sold=5, revenue=usd("50.00")
    )


def test_an_empty_shop_has_sold_nothing(vendor: Vendor) -> None:
    dashboard = vendor_dashboard(vendor)
    assert dashboard.statistics == Statistics(0, 0, [], 0, 0)
    assert dashboard.top_products == []


@pytest.mark.usefixtures("a_week")
def test_a_dashboard_takes_three_queries(
    vendor: Vendor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3):
        vendor_dashboard(vendor)
