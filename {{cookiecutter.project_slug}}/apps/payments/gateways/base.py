"""The port between payments and whoever collects the money."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from apps.common.money import Money
from apps.common.retries import TransientError


class GatewayUnavailable(TransientError):
    """The gateway cannot answer now."""


class GatewayTimeout(TransientError):
    """The gateway did not answer in time; it may have charged all the same."""


class Outcome(StrEnum):
    """What the gateway says of a charge."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDING = "pending"

    @property
    def is_final(self) -> bool:
        """Whether the gateway has decided."""
        return self is not Outcome.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """What to collect.

    Args:
        payment_id: The idempotency key; the gateway's events name the payment by it.
        method: The gateway's token for the customer's means of payment.
    """

    payment_id: UUID
    money: Money
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeResult:
    """What became of a charge.

    Args:
        reference: The gateway's own name for the charge.
        reason: Why it was declined, for the customer.
    """

    outcome: Outcome
    reference: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayEvent:
    """What the gateway reports by webhook, its signature verified."""

    event_id: str
    payment_id: UUID
    money: Money
    result: ChargeResult


class PaymentGateway(ABC):
    """Collects money. Adapters know nothing of orders and payments."""

    name: ClassVar[str]

    @abstractmethod
    def charge(self, request: ChargeRequest) -> ChargeResult:
        """Collect the money, at most once for a `payment_id` however often and late this is called.

        Where the gateway forgets idempotency keys, the adapter looks for the charge first.

        Raises:
            GatewayTimeout: If the outcome is unknown; ask again.
            GatewayUnavailable: If the gateway is down; ask again.
        """

    @abstractmethod
    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> GatewayEvent:
        """Verify and read a webhook request.

        Args:
            headers: The request's, looked up case-insensitively.
            body: As received, byte for byte: the signature covers it.

        Raises:
            InvalidSignature: If the gateway did not send this, or not recently.
            InvalidInput: If it did, and the content is not understood.
        """
