"""Changing stock and promising it, without ever promising a unit twice.

Three lines of defence hold 0 <= reserved <= on_hand, whatever else runs at the same time:

1. The stock rows concerned are locked before anything is read, in the order of their products, so
   that two calls wait for each other but never in a circle. A reservation is guarded by the lock of
   its product's stock.
2. Each change is one UPDATE that finds no row when the outcome would be unlawful.
3. The table's CHECK constraint.

Every function may be repeated: what has been done already is not done again.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.common import audit
from apps.common.errors import Extension, InvalidInput
from apps.common.events import bus
from apps.inventory.errors import InsufficientStock, ReservationConflict, StockBelowReserved
from apps.inventory.events import StockDepleted
from apps.inventory.models import MAX_UNITS, Reservation, ReservationStatus, StockItem
from apps.products.models import Product

HELD, RELEASED, COMMITTED = ReservationStatus


def set_stock(*, product: Product, on_hand: int) -> StockItem:
    """Declare how many units of a product there are, reserved ones included.

    Raises:
        InvalidInput: The number is negative, or beyond counting.
        StockBelowReserved: More units than that are promised already.
    """
    _require_units(on_hand, least=0)
    with transaction.atomic():
        stock, _ = StockItem.objects.select_for_update().get_or_create(product=product)
        change = on_hand - stock.on_hand
        if change and not _move(stock, "stock.set", on_hand=change):
            raise StockBelowReserved(reserved=stock.reserved)
    return stock


def reserve(*, reference: UUID, lines: Mapping[int, int]) -> None:
    """Hold units of several products under one reference: all of them, or none.

    A line that is held or committed already stays as it is; one that was released is held anew.

    Args:
        reference: What the units are held for, such as an order's public id.
        lines: Number of units by the product's key.

    Raises:
        InvalidInput: A number of units is not positive, or beyond counting.
        InsufficientStock: Some products have fewer free units than that.
        ReservationConflict: Another number of units is held under the reference.
    """
    for quantity in lines.values():
        _require_units(quantity, least=1)
    with transaction.atomic():
        stocks = _locked(lines)
        known = Reservation.objects.filter(reference=reference, product__in=lines)
        earlier = {line.product_id: line for line in known}
        short = []
        for product_id, quantity in lines.items():
            line = earlier.get(product_id)
            if line is None:
                line = Reservation(reference=reference, product_id=product_id, status=RELEASED)
            if line.status == RELEASED:
                if not _hold(line, quantity, stocks.get(product_id)):
                    short.append(product_id)
            elif line.quantity != quantity:
                raise ReservationConflict(
                    f"{line.quantity} units are {line.status}, not {quantity}."
                )
        if short:
            products = Product.objects.filter(pk__in=short).order_by("pk")
            raise InsufficientStock(products=[str(product.public_id) for product in products])


def release(*, reference: UUID) -> None:
    """Give back what is held under the reference, if anything is.

    Raises:
        ReservationConflict: Some of it is committed, that is sold.
    """
    with transaction.atomic():
        for line, stock in _locked_lines(reference):
            if line.status != RELEASED:
                _close(line, RELEASED, stock)


def commit(*, reference: UUID) -> None:
    """Take what is held under the reference out of stock: it is sold.

    Raises:
        ReservationConflict: Nothing was ever reserved, or some of it was released again.
    """
    with transaction.atomic():
        lines = _locked_lines(reference)
        if not lines:
            raise ReservationConflict("Nothing is reserved under this reference.")
        for line, stock in lines:
            if line.status != COMMITTED:
                _close(line, COMMITTED, stock, on_hand=-line.quantity)


def _require_units(quantity: int, *, least: int) -> None:
    if not least <= quantity <= MAX_UNITS:
        raise InvalidInput(f"A number of units is from {least} to {MAX_UNITS}.")


def _locked(products: Iterable[int]) -> dict[int, StockItem]:
    """The stock of the products, by product, locked in their order until the transaction ends."""
    stocks = StockItem.objects.select_for_update(of=("self",)).select_related("product")
    rows = stocks.filter(product__in=products).order_by("product_id")
    return {stock.product_id: stock for stock in rows}


def _locked_lines(reference: UUID) -> list[tuple[Reservation, StockItem]]:
    """What was reserved under the reference, each line with its stock, locked."""
    lines = Reservation.objects.filter(reference=reference).order_by("product_id")
    stocks = _locked(lines.values_list("product_id", flat=True))
    return [(line, stocks[line.product_id]) for line in lines.filter(product__in=stocks)]


def _hold(line: Reservation, quantity: int, stock: StockItem | None) -> bool:
    """Reserve the units of one line; False when there are not enough."""
    reference = str(line.reference)
    if stock is None or not _move(stock, "stock.reserved", reserved=quantity, reference=reference):
        return False
    line.quantity, line.status = quantity, HELD
    line.save()
    return True


def _close(
    line: Reservation, outcome: ReservationStatus, stock: StockItem, *, on_hand: int = 0
) -> None:
    """End the holding of one line.

    Raises:
        ReservationConflict: It ended the other way already, or the stock does not know of it.
    """
    reference = str(line.reference)
    if line.status != HELD or not _move(
        stock, f"stock.{outcome}", on_hand=on_hand, reserved=-line.quantity, reference=reference
    ):
        raise ReservationConflict(
            f"{line.quantity} units are {line.status} and cannot become {outcome}."
        )
    line.status = outcome
    line.save(update_fields=["status", "updated_at"])


def _move(
    stock: StockItem, action: str, *, on_hand: int = 0, reserved: int = 0, **details: Extension
) -> bool:
    """Change the counts by so much, write it down, and tell when the last free unit goes.

    Returns:
        False, and nothing is done, when the outcome would be unlawful.
    """
    changed = StockItem.objects.filter(
        pk=stock.pk, reserved__gte=-reserved, reserved__lte=F("on_hand") + (on_hand - reserved)
    ).update(
        on_hand=F("on_hand") + on_hand, reserved=F("reserved") + reserved, updated_at=timezone.now()
    )
    if not changed:
        return False
    was_available = stock.available
    stock.on_hand += on_hand
    stock.reserved += reserved
    audit.record(action, stock, on_hand=stock.on_hand, reserved=stock.reserved, **details)
    if was_available and not stock.available:
        bus.publish(StockDepleted(product_id=stock.product.public_id))
    return True
