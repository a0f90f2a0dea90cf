from uuid import uuid4

import pytest
from django.db import IntegrityError

from apps.inventory.models import MAX_UNITS, Reservation, StockItem
from apps.inventory.tests.conftest import Stocked


@pytest.mark.parametrize(("on_hand", "reserved"), [(5, 6), (5, -1), (-1, 0), (-1, -1)])
def test_the_database_refuses_unlawful_stock(stocked: Stocked, on_hand: int, reserved: int) -> None:
    stocked(5)

    with pytest.raises(IntegrityError):
        StockItem.objects.update(on_hand=on_hand, reserved=reserved)


@pytest.mark.parametrize(
    "change", [{"quantity": 0}, {"quantity": -1}, {"status": "lost"}, {"status": ""}]
)
def test_the_database_refuses_an_unlawful_reservation(
    stocked: Stocked, change: dict[str, object]
) -> None:
    Reservation.objects.create(reference=uuid4(), product=stocked(5), quantity=1)

    with pytest.raises(IntegrityError):
        Reservation.objects.update(**change)


def test_the_database_refuses_two_reservations_of_a_product_under_one_reference(
    stocked: Stocked,
) -> None:
    facts = {"reference": uuid4(), "product": stocked(5), "quantity": 1}
    Reservation.objects.create(**facts)

    with pytest.raises(IntegrityError):
        Reservation.objects.create(**facts)


def test_the_largest_number_of_units_fits(stocked: Stocked) -> None:
    product = stocked(MAX_UNITS)

    assert StockItem.objects.get(product=product).available == MAX_UNITS


def test_stock_and_reservations_describe_themselves(stocked: Stocked) -> None:
    product = stocked(5)
    reservation = Reservation(reference=product.public_id, product=product, quantity=2)

    assert str(StockItem.objects.get()) == "Hat: 5 of 5 available"
    assert str(reservation) == f"2 held for {product.public_id}"
