"""What can go wrong with an order."""

from apps.common.errors import Conflict, NotFound, UnprocessableInput


class ImpossibleTransition(Conflict):
    """The order's state does not allow it."""

    code = "impossible-transition"
    title = "The order's state does not allow this"


class UnknownProducts(NotFound):
    """Some products do not exist or are not for sale."""

    code = "unknown-products"
    title = "Some products are not for sale"


class OrderTooLarge(UnprocessableInput):
    """The total is more than can be booked."""

    code = "order-too-large"
    title = "The order's total is too large"


class MixedCurrencies(UnprocessableInput):
    """One order is paid in one currency."""

    code = "mixed-currencies"
    title = "The products are sold in different currencies"
