"""How many units there are, and which of them are promised to somebody."""

from django.db import models
from django.db.models import F, Q

from apps.common.models import BaseModel
from apps.products.models import Product

MAX_UNITS = 2_147_483_647
"""The most units of one product that can be counted: the largest 32-bit integer."""


class StockItem(BaseModel):
    """The units of one product: those on hand, and how many of them are reserved.

    The constraint is the last of three lines of defence; `services` describes the other two.
    """

    product = models.OneToOneField(Product, on_delete=models.PROTECT, related_name="stock")
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("on_hand")),
                name="stock_reserved_within_on_hand",
            ),
        )

    def __str__(self) -> str:
        return f"{self.product}: {self.available} of {self.on_hand} available"

    @property
    def available(self) -> int:
        """The units that are free to sell."""
        return self.on_hand - self.reserved


class ReservationStatus(models.TextChoices):
    """What has become of reserved units."""

    HELD = "held"
    RELEASED = "released"
    COMMITTED = "committed"


class Reservation(BaseModel):
    """Units of one product set aside under a reference, such as an order's public id.

    It changes only while the stock item of its product is locked.
    """

    reference = models.UUIDField()
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField()
    status = models.CharField(
        max_length=16, choices=ReservationStatus, default=ReservationStatus.HELD
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["reference", "product"], name="reservation_once_per_reference_and_product"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="reservation_quantity_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(status__in=ReservationStatus.values),
                name="reservation_status_is_known",
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} {self.status} for {self.reference}"
