from decimal import Decimal

import pytest
from model_bakery import baker

from apps.common.errors import InvalidInput
from apps.common.models import AuditEntry
from apps.common.money import Money
from apps.products.models import Category, Product
from apps.products.services import update_product
from apps.products.tests.conftest import Offer
from apps.vendors.models import Vendor


def test_products_of_one_name_have_slugs_of_their_own(offer: Offer) -> None:
    first, second = offer("Straw hat"), offer("Straw hat")

    assert first.slug.startswith("straw-hat-")
    assert second.slug.startswith("straw-hat-")
    assert first.slug != second.slug


@pytest.mark.parametrize("name", ["帽子", "\N{TOP HAT}" * 200, "x" * 200, "-"])
def test_every_name_makes_a_valid_slug(offer: Offer, name: str) -> None:
    offer(name).full_clean()


def test_offering_a_product_leaves_an_audit_row(offer: Offer, vendor: Vendor) -> None:
    product = offer("Bowler", "19.90")

    entry = AuditEntry.objects.get(action="product.created")
    assert entry.target_id == product.public_id
    assert entry.changes == {
        "vendor": str(vendor.public_id),
        "category": "hats",
        "name": "Bowler",
        "description": "",
        "price": "19.90 USD",
        "is_active": True,
    }


@pytest.mark.parametrize("price", ["0.00", "-5.00", "0.004"])
def test_a_price_is_positive(offer: Offer, price: str) -> None:
    with pytest.raises(InvalidInput):
        offer("Bowler", price)
    assert not Product.objects.exists()


def test_a_price_stays_positive(offer: Offer) -> None:
    with pytest.raises(InvalidInput):
        update_product(product=offer(), price=Money(Decimal(0), "USD"))


def test_a_change_is_written_and_recorded_with_what_was_before(offer: Offer) -> None:
    product = offer("Bowler", "10.00")
    caps = baker.make(Category, slug="caps")

    update_product(
        product=product,
        name="Flat cap",
        category=caps,
        price=Money(Decimal("12.5"), "EUR"),
        is_active=False,
    )

    product.refresh_from_db()
    assert (product.name, product.category, product.is_active) == ("Flat cap", caps, False)
    assert product.money == Money(Decimal("12.50"), "EUR")
    assert product.slug.startswith("bowler-")
    assert AuditEntry.objects.get(action="product.updated").changes == {
        "category": ["hats", "caps"],
        "name": ["Bowler", "Flat cap"],
        "price": ["10.00 USD", "12.50 EUR"],
        "is_active": [True, False],
    }


def test_a_change_to_the_same_values_is_neither_written_nor_recorded(offer: Offer) -> None:
    product = offer("Bowler")

    changed = update_product(product=product, name="Bowler", price=product.money)

    assert changed.updated_at == product.updated_at
    assert not AuditEntry.objects.filter(action="product.updated").exists()
