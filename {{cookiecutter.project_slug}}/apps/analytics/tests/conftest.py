"""Shops that sell."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from model_bakery import baker

from apps.authentication.models import User
from apps.common.money import Money
from apps.inventory.services import set_stock
from apps.orders.models import Order
from apps.orders.services import OrderLine, begin_payment, complete_payment, place_order
from apps.products.models import Category, Product
from apps.products.services import create_product
from apps.vendors.models import Vendor
from apps.vendors.services import create_vendor

type Sell = Callable[..., Product]
type Buy = Callable[..., Order]


@pytest.fixture
def vendor(vendor_user: User) -> Vendor:
    """Who looks at the figures."""
    return create_vendor(user=vendor_user, name="Ada Atelier")


@pytest.fixture
def rival(staff_user: User) -> Vendor:
    """Who sells as well."""
    return create_vendor(user=staff_user, name="Rival")


@pytest.fixture
def sell(vendor: Vendor) -> Sell:
    """Puts a product on sale, ten dollars and twenty units of it unless told otherwise."""

    def put_on_sale(
        name: str,
        price: str = "10.00",
        *,
        units: int = 20,
        currency: str = "USD",
        seller: Vendor = vendor,
        is_active: bool = True,
    ) -> Product:
        product = create_product(
            vendor=seller,
            category=baker.make(Category),
            name=name,
            price=Money(Decimal(price), currency),
            is_active=is_active,
        )
        set_stock(product=product, on_hand=units)
        return product

    return put_on_sale


@pytest.fixture
def buy(customer: User) -> Buy:
    """Orders products, and pays unless told otherwise."""

    def order(quantities: dict[Product, int], *, pay: bool = True) -> Order:
        lines = [OrderLine(product.public_id, number) for product, number in quantities.items()]
        placed = place_order(customer=customer, lines=lines)
        return complete_payment(order=begin_payment(order=placed)) if pay else placed

    return order


@pytest.fixture
def a_week(vendor: Vendor, rival: Vendor, sell: Sell, buy: Buy) -> None:
    """Sales of shirts, of scarves abroad, and of somebody else's hats."""
    shirt, scarf = sell("Shirt", "20.00"), sell("Scarf", "9.50", currency="EUR")
    hat = sell("Hat", seller=rival)
    buy({shirt: 2, hat: 1})
    buy({scarf: 3})
