from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from model_bakery import baker

from apps.authentication.models import User
from apps.common.errors import NotFound
from apps.products import selectors
from apps.products.models import Category
from apps.products.tests.conftest import Offer
from apps.vendors.models import Vendor
from apps.vendors.services import create_vendor


def names(**conditions: Any) -> set[str]:
    found = selectors.filter_products(selectors.catalogue(), **conditions)
    return {product.name for product in found}


@pytest.mark.django_db
def test_categories_come_by_name() -> None:
    for name in ("Shoes", "Coats", "Hats"):
        baker.make(Category, name=name)

    assert [category.name for category in selectors.categories()] == ["Coats", "Hats", "Shoes"]


def test_hidden_products_and_those_of_suspended_vendors_are_not_in_the_catalogue(
    offer: Offer, staff_user: User
) -> None:
    offer("Shown")
    offer("Hidden", is_active=False)
    offer("Gone", vendor=create_vendor(user=staff_user, name="Suspended"))
    Vendor.objects.filter(name="Suspended").update(is_active=False)

    assert names() == {"Shown"}


def test_a_hidden_product_is_found_by_those_who_manage_it_only(offer: Offer) -> None:
    product = offer(is_active=False)

    assert selectors.managed_product(product.public_id) == product
    with pytest.raises(NotFound):
        selectors.product_detail(product.public_id)


@pytest.mark.django_db
def test_an_unknown_id_names_no_product() -> None:
    for selector in (selectors.product_detail, selectors.managed_product):
        with pytest.raises(NotFound):
            selector(uuid4())


def test_what_was_never_stocked_is_not_available(offer: Offer) -> None:
    offer()

    assert vars(selectors.catalogue().get())["available"] == 0


def test_a_category_includes_what_lies_below_it(offer: Offer, hats: Category) -> None:
    clothes = baker.make(Category, slug="clothes")
    Category.objects.filter(pk=hats.pk).update(parent=clothes)
    felt = baker.make(Category, slug="felt-hats", parent=hats)
    offer("Coat", category=clothes)
    offer("Bowler", category=hats)
    offer("Fedora", category=felt)

    assert names(category="clothes") == {"Coat", "Bowler", "Fedora"}
    assert names(category="hats") == {"Bowler", "Fedora"}
    assert names(category="felt-hats") == {"Fedora"}
    assert names(category="unknown") == set()


def test_products_are_filtered_by_vendor(offer: Offer, vendor: Vendor, staff_user: User) -> None:
    offer("Bowler")
    offer("Fedora", vendor=create_vendor(user=staff_user, name="The shop"))

    assert names(vendor=vendor.public_id) == {"Bowler"}
    assert names(vendor=uuid4()) == set()


def test_both_ends_of_a_price_range_are_in_it(offer: Offer) -> None:
    for price in ("9.99", "10.00", "20.00", "20.01"):
        offer(price, price)

    assert names(min_price=Decimal(10), max_price=Decimal(20)) == {"10.00", "20.00"}
    assert names(min_price=Decimal("20.01")) == {"20.01"}
    assert names(max_price=Decimal("9.99")) == {"9.99"}
