"""Money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.money import Money

amounts = st.decimals(min_value=0, max_value=10**9, places=2)


def test_it_is_kept_to_the_cent_rounding_half_to_even() -> None:
    assert Money(Decimal("0.125"), "USD").amount == Decimal("0.12")
    assert Money(Decimal("0.135"), "USD").amount == Decimal("0.14")


@given(amounts, amounts)
def test_what_is_added_can_be_taken_away_again(left: Decimal, right: Decimal) -> None:
    start, change = Money(left, "USD"), Money(right, "USD")
    assert start + change - change == start


@given(amounts, st.integers(min_value=0, max_value=1000))
def test_a_multiple_is_a_repeated_sum(amount: Decimal, quantity: int) -> None:
    price = Money(amount, "USD")
    assert sum([price] * quantity, Money(Decimal(0), "USD")) == price * quantity


def test_two_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="USD and EUR"):
        Money(Decimal(1), "USD") + Money(Decimal(1), "EUR")


def test_it_prints_with_its_currency() -> None:
    assert str(Money(Decimal("12.5"), "NGN")) == "12.50 NGN"
