"""What can go wrong with payments."""

from apps.common.errors import InvalidInput, UnprocessableInput


class InvalidSignature(InvalidInput):
    """A webhook that the gateway did not sign, or signed too long ago."""

    code = "invalid-signature"
    title = "The signature is missing, wrong or stale"


class PaymentMismatch(UnprocessableInput):
    """The gateway speaks of another amount or currency than the payment's."""

    code = "payment-mismatch"
    title = "The amount is not the payment's"
