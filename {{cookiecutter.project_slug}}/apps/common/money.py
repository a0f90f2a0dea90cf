"""Money: a decimal amount that never travels without its currency."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Self

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

CENT = Decimal("0.01")
MAX_AMOUNT = Decimal("9999999999.99")
"""The most that `amount_field` holds."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency's main unit, kept to two decimal places.

    Args:
        amount: Rounded half to even, as banks do.
        currency: ISO 4217 code.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", self.amount.quantize(CENT, ROUND_HALF_EVEN))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.amount + self._same_currency(other).amount, self.currency)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.amount - self._same_currency(other).amount, self.currency)

    def __mul__(self, quantity: int) -> Self:
        return type(self)(self.amount * quantity, self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _same_currency(self, other: Self) -> Self:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be combined")
        return other


def default_currency() -> str:
    """The shop's currency."""
    return str(settings.DEFAULT_CURRENCY)


def amount_field(**options: Any) -> models.DecimalField[Decimal, Decimal]:
    """A column for an amount of money, zero or more; `options` are the field's own."""
    return models.DecimalField(
        max_digits=12, decimal_places=2, validators=[MinValueValidator(Decimal(0))], **options
    )


def currency_field(**options: Any) -> models.CharField[str, str]:
    """A column for an ISO 4217 code; `options` are the field's own."""
    return models.CharField(
        max_length=3,
        default=default_currency,
        validators=[RegexValidator(r"^[A-Z]{3}\Z", "An ISO 4217 code, such as USD.")],
        **options,
    )
