"""A shop to browse."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from model_bakery import baker

from apps.authentication.models import User
from apps.common.money import Money
from apps.products.models import Category, Product
from apps.products.services import create_product
from apps.vendors.models import Vendor
from apps.vendors.services import create_vendor

type Offer = Callable[..., Product]


@pytest.fixture
def vendor(vendor_user: User) -> Vendor:
    """Ada, who sells hats."""
    return create_vendor(user=vendor_user, name="Ada")


@pytest.fixture
def hats(db: None) -> Category:
    """A category."""
    return baker.make(Category, name="Hats", slug="hats")


@pytest.fixture
def offer(vendor: Vendor, hats: Category) -> Offer:
    """Offers a product of Ada's: a hat for ten dollars, unless told otherwise."""

    def offer(name: str = "Bowler", price: str = "10.00", **facts: Any) -> Product:
        facts = {"vendor": vendor, "category": hats, **facts}
        return create_product(name=name, price=Money(Decimal(price), "USD"), **facts)

    return offer
