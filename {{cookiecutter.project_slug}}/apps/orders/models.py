"""Orders, their lines, and the states they may pass through."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.authentication.models import User
from apps.common.models import BaseModel
from apps.common.money import Money, amount_field, currency_field
from apps.orders.errors import ImpossibleTransition
from apps.products.models import Product


class OrderStatus(models.TextChoices):
    """Where an order stands."""

    PENDING = "pending", "Waiting for payment"
    PROCESSING = "processing", "Payment under way"
    PAID = "paid", "Paid"
    PAYMENT_FAILED = "payment_failed", "Payment failed"
    CANCELLED = "cancelled", "Cancelled"


TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset({OrderStatus.PROCESSING, OrderStatus.CANCELLED}),
    OrderStatus.PROCESSING: frozenset({OrderStatus.PAID, OrderStatus.PAYMENT_FAILED}),
    OrderStatus.PAID: frozenset(),
    OrderStatus.PAYMENT_FAILED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}


class Order(BaseModel):
    """What a customer buys in one go; its stock is reserved under its public id."""

    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="orders",
        db_index=False,  # order_customer_newest begins with it.
    )
    status = models.CharField(
        max_length=20, choices=OrderStatus.choices, default=OrderStatus.PENDING
    )
    total_amount = amount_field()
    currency = currency_field()

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-public_id"], name="order_customer_newest"),
            models.Index(fields=["created_at"], condition=Q(status="pending"), name="order_unpaid"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=OrderStatus.values), name="order_status_known"
            ),
            models.CheckConstraint(condition=Q(total_amount__gte=0), name="order_total_positive"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def total(self) -> Money:
        """What the customer owes."""
        return Money(self.total_amount, self.currency)

    def is_owned_by(self, user: User) -> bool:
        """Whether the user placed it."""
        return self.customer_id == user.pk

    def move_to(self, status: OrderStatus) -> None:
        """Change the state, in memory.

        Raises:
            ImpossibleTransition: The state machine has no such step.
        """
        if status not in TRANSITIONS[OrderStatus(self.status)]:
            raise ImpossibleTransition(
                f"An order that is {self.status} cannot become {status}.", order_status=self.status
            )
        self.status = status


class OrderItem(models.Model):
    """A line of an order, with the product's name and price as they were when it was placed."""

    order = models.ForeignKey(
        Order,
        on_delete=models.CASCADE,
        related_name="items",
        db_index=False,  # order_item_once begins with it.
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    product_name = models.CharField(max_length=200)
    unit_price = amount_field()
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="order_item_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="order_item_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.product_name}"

    @property
    def subtotal(self) -> Money:
        """Price times quantity."""
        return Money(self.unit_price, self.order.currency) * self.quantity
