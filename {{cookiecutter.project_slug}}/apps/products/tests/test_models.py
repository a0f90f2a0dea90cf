from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from model_bakery import baker

from apps.authentication.models import User
from apps.common.money import Money
from apps.products.models import Category, Product
from apps.products.tests.conftest import Offer


def test_a_product_knows_its_price_and_its_owner(
    offer: Offer, vendor_user: User, customer: User
) -> None:
    product = offer("Bowler", "19.90")

    assert product.money == Money(Decimal("19.90"), "USD")
    assert product.is_owned_by(vendor_user)
    assert not product.is_owned_by(customer)
    assert str(product) == "Bowler"


@pytest.mark.parametrize("price", [0, -1])
def test_the_database_refuses_a_price_that_is_not_positive(offer: Offer, price: int) -> None:
    offer()

    with pytest.raises(IntegrityError):
        Product.objects.update(price=price)


@pytest.mark.parametrize("name", ["hat.svg", "hat.html", "hat"])
def test_an_image_has_the_extension_of_a_picture(offer: Offer, name: str) -> None:
    product = offer()
    product.image = name

    with pytest.raises(ValidationError) as refused:
        product.full_clean()
    assert list(refused.value.error_dict) == ["image"]


@pytest.mark.django_db
def test_the_database_refuses_a_category_below_itself() -> None:
    category = baker.make(Category)

    with pytest.raises(IntegrityError):
        Category.objects.update(parent=category)


@pytest.mark.django_db
def test_categories_form_no_circle() -> None:
    top = baker.make(Category, name="Clothes")
    middle = baker.make(Category, parent=top)
    bottom = baker.make(Category, parent=middle)
    bottom.clean()

    top.parent = bottom
    with pytest.raises(ValidationError, match="below itself"):
        top.clean()
    assert str(top) == "Clothes"
