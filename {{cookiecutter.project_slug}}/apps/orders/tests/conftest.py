"""A shop with two products."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from model_bakery import baker

from apps.authentication.models import User
from apps.common.money import Money
from apps.inventory.services import set_stock
from apps.products.models import Category, Product
from apps.products.services import create_product
from apps.vendors.models import Vendor
from apps.vendors.services import create_vendor

type Sell = Callable[..., Product]


@pytest.fixture
def vendor(vendor_user: User) -> Vendor:
    """Who sells."""
    return create_vendor(user=vendor_user, name="Ada Atelier")


@pytest.fixture
def sell(vendor: Vendor) -> Sell:
    """Puts a product on sale."""

    def put_on_sale(
        name: str, price: str, *, units: int = 5, currency: str = "USD", is_active: bool = True
    ) -> Product:
        product = create_product(
            vendor=vendor,
            category=baker.make(Category),
            name=name,
            price=Money(Decimal(price), currency),
            is_active=is_active,
        )
        set_stock(product=product, on_hand=units)
        return product

    return put_on_sale


@pytest.fixture
def shirt(sell: Sell) -> Product:
    """Five shirts."""
    return sell("Shirt", "20.00")


@pytest.fixture
def scarf(sell: Sell) -> Product:
    """Five scarves."""
    return sell("Scarf", "9.50")
