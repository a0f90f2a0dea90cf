"""A shop with things to count."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from model_bakery import baker

from apps.authentication.models import User
from apps.common.money import Money
from apps.inventory.services import set_stock
from apps.products.models import Category, Product
from apps.products.services import create_product
from apps.vendors.services import create_vendor

type Stocked = Callable[[int], Product]


@pytest.fixture
def stocked(vendor_user: User) -> Stocked:
    """Makes a product of which there are so many units."""
    vendor, category = create_vendor(user=vendor_user, name="Ada"), baker.make(Category)
    price = Money(Decimal(10), "USD")

    def make(on_hand: int) -> Product:
        product = create_product(vendor=vendor, category=category, name="Hat", price=price)
        set_stock(product=product, on_hand=on_hand)
        return product

    return make
