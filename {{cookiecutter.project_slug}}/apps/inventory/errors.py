"""What can go wrong with stock."""

from apps.common.errors import Conflict


class InsufficientStock(Conflict):
    """Fewer units are free than were asked for; `products` holds the public ids concerned."""

    code = "insufficient-stock"
    title = "Not enough stock"


class StockBelowReserved(Conflict):
    """The count would be less than what is promised already; `reserved` says how much that is."""

    code = "stock-below-reserved"
    title = "More units are reserved than that"


class ReservationConflict(Conflict):
    """What was reserved under the reference does not admit this step."""

    code = "reservation-conflict"
    title = "The reservation does not admit this"
