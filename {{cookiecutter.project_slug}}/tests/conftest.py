"""Fixtures for what crosses domains."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from model_bakery import baker

from apps.authentication.models import User
from apps.common.money import Money
from apps.inventory.services import set_stock
from apps.products.models import Category, Product
from apps.products.services import create_product
from apps.vendors.services import create_vendor
from tests.processes import Site


@pytest.fixture
def site(transactional_db: None, tmp_path: Path) -> Iterator[Site]:
    """A real server on the test's database, which the test sees as the server does."""
    with Site(tmp_path) as site:
        yield site


@pytest.fixture
def products(vendor_user: User) -> list[Product]:
    """Two products, five units each."""
    vendor = create_vendor(user=vendor_user, name="Ada Atelier")
    category = baker.make(Category, name="Shirts", slug="shirts")
    found = []
    for name, price in (("Linen Shirt", "20.00"), ("Silk Shirt", "45.00")):
        product = create_product(
            vendor=vendor, category=category, name=name, price=Money(Decimal(price), "USD")
        )
        set_stock(product=product, on_hand=5)
        found.append(product)
    return found
