from uuid import UUID, uuid4

import pytest
from model_bakery import baker
from pytest_django import DjangoAssertNumQueries

from apps.common.errors import InvalidInput
from apps.common.models import AuditEntry, OutboxEvent
from apps.inventory.errors import InsufficientStock, ReservationConflict, StockBelowReserved
from apps.inventory.models import MAX_UNITS, Reservation, StockItem
from apps.inventory.services import commit, release, reserve, set_stock
from apps.inventory.tests.conftest import Stocked
from apps.products.models import Product

REFERENCE = UUID(int=1)


def books(product: Product) -> tuple[int, int]:
    """Units on hand, and how many of them are reserved."""
    stock = StockItem.objects.get(product=product)
    return stock.on_hand, stock.reserved


def hold(*lines: tuple[Product, int], reference: UUID = REFERENCE) -> None:
    reserve(reference=reference, lines={product.pk: quantity for product, quantity in lines})


def depleted() -> list[str]:
    """The products that were announced as depleted."""
    events = OutboxEvent.objects.filter(name="StockDepleted").order_by("id")
    return [event.payload["product_id"] for event in events]


def audited(action: str) -> object:
    """What the one audit row of this action says."""
    return AuditEntry.objects.get(action=action).changes


def test_stock_is_set_and_set_again(stocked: Stocked) -> None:
    product = stocked(5)
    assert books(product) == (5, 0)

    stock = set_stock(product=product, on_hand=3)

    assert (stock.on_hand, stock.available) == (3, 3)
    assert books(product) == (3, 0)
    changes = AuditEntry.objects.filter(action="stock.set").order_by("id")
    assert [entry.changes["on_hand"] for entry in changes] == [5, 3]


def test_setting_the_same_stock_again_changes_nothing(stocked: Stocked) -> None:
    product = stocked(5)

    set_stock(product=product, on_hand=5)

    assert AuditEntry.objects.filter(action="stock.set").count() == 1


def test_stock_covers_what_is_reserved(stocked: Stocked) -> None:
    product = stocked(5)
    hold((product, 3))

    with pytest.raises(StockBelowReserved) as refused:
        set_stock(product=product, on_hand=2)

    assert refused.value.extensions == {"reserved": 3}
    assert books(product) == (5, 3)
    set_stock(product=product, on_hand=3)
    assert books(product) == (3, 3)


@pytest.mark.parametrize("on_hand", [-1, MAX_UNITS + 1, 10**30])
def test_stock_is_a_number_that_can_be_counted(stocked: Stocked, on_hand: int) -> None:
    with pytest.raises(InvalidInput):
        stocked(on_hand)


def test_reserved_units_are_not_available(stocked: Stocked) -> None:
    one, other = stocked(5), stocked(2)

    hold((one, 3), (other, 1))

    assert (books(one), books(other)) == ((5, 3), (2, 1))
    assert Reservation.objects.filter(reference=REFERENCE, status="held").count() == 2


def test_a_reservation_leaves_an_audit_row(stocked: Stocked) -> None:
    hold((stocked(5), 3))

    assert audited("stock.reserved") == {
        "on_hand": 5,
        "reserved": 3,
        "reference": str(REFERENCE),
    }


def test_reserving_again_changes_nothing(stocked: Stocked) -> None:
    product = stocked(5)

    hold((product, 3))
    hold((product, 3))

    assert books(product) == (5, 3)
    assert audited("stock.reserved")


def test_a_reference_can_be_extended_by_further_products(stocked: Stocked) -> None:
    one, other = stocked(5), stocked(5)

    hold((one, 3))
    hold((other, 2), (one, 3))

    assert (books(one), books(other)) == ((5, 3), (5, 2))


def test_reserving_another_number_under_the_reference_is_refused(stocked: Stocked) -> None:
    product, untouched = stocked(5), stocked(5)
    hold((product, 3))

    with pytest.raises(ReservationConflict):
        hold((untouched, 1), (product, 2))
    assert (books(product), books(untouched)) == ((5, 3), (5, 0))


def test_all_lines_are_reserved_or_none(stocked: Stocked) -> None:
    plenty, scarce, none = stocked(5), stocked(1), stocked(0)

    with pytest.raises(InsufficientStock) as refused:
        hold((plenty, 5), (scarce, 2), (none, 1))

    products = refused.value.extensions["products"]
    assert products == [str(scarce.public_id), str(none.public_id)]
    assert (books(plenty), books(scarce), books(none)) == ((5, 0), (1, 0), (0, 0))
    assert not Reservation.objects.exists()


def test_what_was_never_stocked_is_insufficient(stocked: Stocked) -> None:
    product = stocked(0)
    StockItem.objects.all().delete()

    with pytest.raises(InsufficientStock) as refused:
        hold((product, 1))
    assert refused.value.extensions == {"products": [str(product.public_id)]}


@pytest.mark.parametrize("quantity", [0, -1, MAX_UNITS + 1, 10**30])
def test_a_quantity_is_a_number_that_can_be_counted(stocked: Stocked, quantity: int) -> None:
    product = stocked(5)

    with pytest.raises(InvalidInput):
        hold((product, quantity))
    assert books(product) == (5, 0)


def test_the_largest_quantity_does_not_overflow(stocked: Stocked) -> None:
    product = stocked(5)
    hold((product, 5))

    with pytest.raises(InsufficientStock):
        hold((product, MAX_UNITS), reference=uuid4())


def test_released_units_are_available_again(stocked: Stocked) -> None:
    product = stocked(5)
    hold((product, 3))

    release(reference=REFERENCE)

    assert books(product) == (5, 0)
    assert audited("stock.released") == {
        "on_hand": 5,
        "reserved": 0,
        "reference": str(REFERENCE),
    }


def test_releasing_again_changes_nothing(stocked: Stocked) -> None:
    product = stocked(5)
    hold((product, 3))
    hold((product, 2), reference=uuid4())

    release(reference=REFERENCE)
    release(reference=REFERENCE)

    assert books(product) == (5, 2)


@pytest.mark.django_db
def test_releasing_what_was_never_reserved_changes_nothing() -> None:
    release(reference=REFERENCE)

    assert not AuditEntry.objects.exists()


def test_released_units_can_be_reserved_under_the_reference_anew(stocked: Stocked) -> None:
    product = stocked(5)
    hold((product, 3))
    release(reference=REFERENCE)

    hold((product, 4))

    assert books(product) == (5, 4)
    assert Reservation.objects.get().status == "held"


def test_committed_units_are_gone(stocked: Stocked) -> None:
    one, other = stocked(5), stocked(4)
    hold((one, 3), (other, 4))

    commit(reference=REFERENCE)

    assert (books(one), books(other)) == ((2, 0), (0, 0))
    assert AuditEntry.objects.filter(action="stock.committed").count() == 2


def test_committing_again_changes_nothing(stocked: Stocked) -> None:
    product = stocked(5)
    hold((product, 3))

    commit(reference=REFERENCE)
    commit(reference=REFERENCE)
    hold((product, 3))

    assert books(product) == (2, 0)


def test_releasing_what_is_committed_is_refused(stocked: Stocked) -> None:
    sold, held = stocked(5), stocked(5)
    hold((sold, 3))
    commit(reference=REFERENCE)
    hold((held, 1))

    with pytest.raises(ReservationConflict):
        release(reference=REFERENCE)
    assert (books(sold), books(held)) == ((2, 0), (5, 1))


def test_committing_what_was_released_is_refused(stocked: Stocked) -> None:
    product = stocked(5)
    hold((product, 3))
    release(reference=REFERENCE)

    with pytest.raises(ReservationConflict):
        commit(reference=REFERENCE)
    assert books(product) == (5, 0)


@pytest.mark.django_db
def test_committing_what_was_never_reserved_is_refused() -> None:
    with pytest.raises(ReservationConflict):
        commit(reference=REFERENCE)


@pytest.mark.parametrize("step", [release, commit])
def test_stock_that_does_not_know_of_a_reservation_is_left_alone(
    stocked: Stocked, step: type
) -> None:
    product = stocked(5)
    baker.make(Reservation, reference=REFERENCE, product=product, quantity=3)

    with pytest.raises(ReservationConflict):
        step(reference=REFERENCE)
    assert books(product) == (5, 0)


def test_the_last_free_unit_is_announced_when_it_is_reserved(stocked: Stocked) -> None:
    product = stocked(5)

    hold((product, 4))
    assert depleted() == []
    hold((product, 1), reference=uuid4())

    assert depleted() == [str(product.public_id)]


def test_the_last_free_unit_is_announced_when_it_is_removed(stocked: Stocked) -> None:
    product = stocked(5)
    hold((product, 2))

    set_stock(product=product, on_hand=2)

    assert depleted() == [str(product.public_id)]


def test_committing_and_releasing_announce_nothing(stocked: Stocked) -> None:
    sold, free = stocked(5), stocked(5)
    hold((sold, 5))
    hold((free, 5), reference=UUID(int=2))
    announced = depleted()

    commit(reference=REFERENCE)
    release(reference=UUID(int=2))

    assert depleted() == announced


def test_events_of_one_product_keep_their_order(stocked: Stocked) -> None:
    product = stocked(1)

    hold((product, 1))

    assert OutboxEvent.objects.get().aggregate == f"product:{product.public_id}"


def test_a_refused_reservation_announces_nothing(stocked: Stocked) -> None:
    last, none = stocked(1), stocked(0)

    with pytest.raises(InsufficientStock):
        hold((last, 1), (none, 1))
    assert depleted() == []


def test_the_number_of_queries_grows_with_the_lines_only(
    stocked: Stocked, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    lines = [(stocked(5), 2) for _ in range(10)]

    with django_assert_max_num_queries(4 + 3 * len(lines)):
        hold(*lines)
