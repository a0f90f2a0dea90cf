"""Whatever is done to stock, in whatever order, the books stay right.

Hypothesis performs random sequences of steps, on the services and on a model of a few lines, and
compares the two after every step.
"""

from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from model_bakery import baker

from apps.authentication.models import User
from apps.inventory.errors import InsufficientStock, ReservationConflict, StockBelowReserved
from apps.inventory.models import StockItem
from apps.inventory.services import commit, release, reserve, set_stock
from apps.products.models import Product
from apps.vendors.models import Vendor

products = st.integers(0, 2)
references = st.integers(1, 4).map(lambda number: UUID(int=number))
quantities = st.integers(1, 4)

type Line = tuple[str, int]


def refused(error: type[Exception], *, when: object) -> AbstractContextManager[object]:
    """Expects the error if there is a reason for it, and none otherwise."""
    return pytest.raises(error) if when else nullcontext()


class Books(RuleBasedStateMachine):
    """Three products, four references, and what should have become of them."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        user = User.objects.create_user(email="ada@example.com", full_name="Ada")
        vendor = baker.make(Vendor, user=user)
        self.products = [baker.make(Product, vendor=vendor, price=Decimal(1)) for _ in range(3)]
        self.on_hand = [0, 0, 0]
        self.lines: dict[UUID, dict[int, Line]] = {}

    def teardown(self) -> None:
        """Leave the database as it was."""
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def reserved(self, product: int) -> int:
        """The units of the product that should be held."""
        lines = [lines[product] for lines in self.lines.values() if product in lines]
        return sum(quantity for status, quantity in lines if status == "held")

    @rule(product=products, on_hand=st.integers(0, 9))
    def set_stock(self, product: int, on_hand: int) -> None:
        """Refused when more units are held than that."""
        too_few = on_hand < self.reserved(product)
        with refused(StockBelowReserved, when=too_few):
            set_stock(product=self.products[product], on_hand=on_hand)
        if not too_few:
            self.on_hand[product] = on_hand

    @rule(reference=references, wanted=st.dictionaries(products, quantities))
    def reserve(self, reference: UUID, wanted: dict[int, int]) -> None:
        """Refused when a line differs from what is held or sold already, or asks for too much."""
        lines = self.lines.setdefault(reference, {})
        kept = {product for product, (status, _) in lines.items() if status != "released"}
        differs = any(lines[product][1] != wanted[product] for product in wanted.keys() & kept)
        new = {product: wanted[product] for product in wanted.keys() - kept}
        short = [p for p in new if new[p] > self.on_hand[p] - self.reserved(p)]
        error = ReservationConflict if differs else InsufficientStock
        with refused(error, when=differs or short):
            reserve(
                reference=reference,
                lines={self.products[product].pk: wanted[product] for product in wanted},
            )
        if not differs and not short:
            lines.update({product: ("held", quantity) for product, quantity in new.items()})

    @rule(reference=references)
    def release(self, reference: UUID) -> None:
        """Refused when something is sold."""
        lines = self.lines.get(reference, {})
        sold = any(status == "committed" for status, _ in lines.values())
        with refused(ReservationConflict, when=sold):
            release(reference=reference)
        if not sold:
            lines.update({p: ("released", quantity) for p, (_, quantity) in lines.items()})

    @rule(reference=references)
    def commit(self, reference: UUID) -> None:
        """Refused when something was released, or nothing reserved."""
        lines = self.lines.get(reference, {})
        impossible = not lines or any(status == "released" for status, _ in lines.values())
        with refused(ReservationConflict, when=impossible):
            commit(reference=reference)
        if not impossible:
            for product, (status, quantity) in lines.items():
                self.on_hand[product] -= quantity if status == "held" else 0
                lines[product] = ("committed", quantity)

    @invariant()
    def books_are_right(self) -> None:
        """What the database says is what the model says, and it is lawful."""
        for number, product in enumerate(self.products):
            stock = StockItem.objects.filter(product=product).first() or StockItem()
            assert (stock.on_hand, stock.reserved) == (self.on_hand[number], self.reserved(number))
            assert 0 <= stock.reserved <= stock.on_hand


@pytest.mark.django_db
def test_no_sequence_of_steps_breaks_the_books() -> None:
    run_state_machine_as_test(
        Books, settings=settings(max_examples=30, stateful_step_count=20, deadline=None)
    )
