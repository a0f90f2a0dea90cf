import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from model_bakery import baker

from apps.authentication.models import User
from apps.common.money import Money
from apps.products import selectors
from apps.products.models import Category
from apps.products.services import create_product, update_product
from apps.products.tests.conftest import Offer
from apps.vendors.models import Vendor
from apps.vendors.services import create_vendor, update_vendor
from conftest import RunTasks

ON_POSTGRESQL = connection.vendor == "postgresql"
postgresql = pytest.mark.skipif(not ON_POSTGRESQL, reason="PostgreSQL knows words")
sqlite = pytest.mark.skipif(ON_POSTGRESQL, reason="SQLite knows text only")


def search(query: str) -> list[str]:
    """The names of what is found, in order."""
    return [product.name for product in selectors.search_products(selectors.catalogue(), query)]


def test_words_are_found_in_every_field_in_any_case(offer: Offer) -> None:
    offer("Bowler", description="Black felt.")

    for word in ("bOwLeR", "FELT", "ada", "hats"):
        assert search(word) == ["Bowler"]


def test_every_word_is_required_wherever_it_occurs(offer: Offer) -> None:
    offer("Bowler", description="Black felt.")
    offer("Fedora", description="Grey felt.")

    assert search(" felt  ada bowl ") == ["Bowler"]
    assert search("bowler fedora") == []


@pytest.mark.parametrize("query", ["", "  ", "%", "&", "'\"", "\\ -"])
def test_without_words_everything_is_found_the_newest_first(offer: Offer, query: str) -> None:
    offer("Bowler")
    offer("Fedora")

    assert search(query) == ["Fedora", "Bowler"]


@pytest.mark.parametrize(
    "query",
    ["silk", "wool/silk", "t-shirt", "(T) shirt's", "shirt,t", "100%", "o'hara", "a_b c\\d"],
)
def test_words_end_at_punctuation(offer: Offer, query: str) -> None:
    offer("Wool/silk T-shirt's", description="100% O'Hara, a_b c\\d")
    offer("Bowler")

    assert search(query) == ["Wool/silk T-shirt's"]


@pytest.mark.parametrize("query", ["-bowler", '"bowler"', "!bowler", "bowler:*", "bow%", "(bowler"])
def test_nothing_is_an_operator(offer: Offer, query: str) -> None:
    offer("Bowler")
    offer("Fedora")

    assert search(query) == ["Bowler"]
    assert search("bowler | fedora") == search("bowler or fedora") == []


def test_the_beginning_of_a_word_finds_it(offer: Offer) -> None:
    offer("Linen Shirt")

    assert search("lin") == search("shi lin") == ["Linen Shirt"]


def test_a_word_that_says_nothing_is_found_as_well(offer: Offer) -> None:
    offer("The Bowler")
    offer("Fedora")

    assert search("the") == ["The Bowler"]


@postgresql
def test_other_forms_of_a_word_find_it(offer: Offer) -> None:
    offer("Linen Bag")

    assert search("bags of linens") == search("the bags") == ["Linen Bag"]


@postgresql
def test_the_inside_of_a_word_does_not_find_it(offer: Offer) -> None:
    offer("Linen Bag")

    assert search("inen") == []


@sqlite
def test_the_inside_of_a_word_finds_it(offer: Offer) -> None:
    offer("Linen Bag")

    assert search("inen") == ["Linen Bag"]


def test_what_is_named_so_comes_first_and_the_newest_among_equals(offer: Offer) -> None:
    offer("Old felt")
    offer("New felt")
    offer("Bowler", description="Felt, the finest felt, nothing but felt.")

    assert search("felt") == ["New felt", "Old felt", "Bowler"]


@postgresql
def test_the_vendor_and_the_category_say_more_than_the_description(offer: Offer) -> None:
    offer("In its category", category=baker.make(Category, name="Felt"))
    offer("In its description", description="Felt, the finest felt, nothing but felt.")

    assert search("felt") == ["In its category", "In its description"]


def test_a_product_that_moves_is_found_in_its_new_category(offer: Offer) -> None:
    product = offer("Bowler")

    update_product(product=product, category=baker.make(Category, name="Antiques"))

    assert search("antiques") == ["Bowler"]
    assert search("hats") == []


def test_a_vendor_that_takes_another_name_is_found_by_it(
    offer: Offer, vendor: Vendor, staff_user: User, run_tasks: RunTasks
) -> None:
    offer("Bowler")
    offer("Fedora", vendor=create_vendor(user=staff_user, name="The shop"))

    update_vendor(vendor=vendor, name="Lovelace")
    run_tasks()

    assert search("lovelace") == ["Bowler"]
    assert search("ada") == []


def test_staff_rename_a_vendor(
    admin_client: Client, offer: Offer, vendor: Vendor, run_tasks: RunTasks
) -> None:
    offer("Bowler")

    admin_client.post(
        f"/admin/vendors/vendor/{vendor.pk}/change/",
        {"user": vendor.user_id, "name": "Lovelace", "slug": vendor.slug, "is_active": "on"},
    )
    run_tasks()

    assert search("lovelace") == ["Bowler"]


def test_staff_rename_a_category(
    admin_client: Client, offer: Offer, hats: Category, run_tasks: RunTasks
) -> None:
    offer("Bowler")
    offer("Loafer", category=baker.make(Category, name="Shoes"))

    admin_client.post(
        f"/admin/products/category/{hats.pk}/change/", {"name": "Headgear", "slug": "hats"}
    )
    run_tasks()

    assert search("headgear") == ["Bowler"]
    assert search("shoes") == ["Loafer"]


class AnyTextTest(TestCase):
    def setUp(self) -> None:
        user = User.objects.create_user(email="ada@example.com", full_name="Ada")
        self.vendor = create_vendor(user=user, name="Ada")
        self.category = baker.make(Category)

    @settings(max_examples=100, deadline=None)
    @given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=100))
    def test_whatever_a_product_is_called_one_may_search_for_it(self, name: str) -> None:
        product = create_product(
            vendor=self.vendor, category=self.category, name=name, price=Money(Decimal(1), "USD")
        )

        found = selectors.search_products(selectors.catalogue(), name)

        assert product in found or not re.search("[0-9A-Za-z]", name)
