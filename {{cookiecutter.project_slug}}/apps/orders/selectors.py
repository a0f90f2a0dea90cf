"""Reading orders."""

from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from apps.authentication.models import User
from apps.common.errors import NotFound
from apps.orders.models import Order, OrderItem, OrderStatus


def order_detail() -> QuerySet[Order]:
    """Orders with their lines, in two queries however many there are."""
    lines = OrderItem.objects.select_related("product").order_by("pk")
    return Order.objects.select_related("customer").prefetch_related(Prefetch("items", lines))


def orders_of(user: User) -> QuerySet[Order]:
    """The user's own orders."""
    return order_detail().filter(customer=user)


def order_of(user: User, public_id: UUID) -> Order:
    """One of the user's own orders.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    order = orders_of(user).filter(public_id=public_id).first()
    if order is None:
        raise NotFound("There is no such order.")
    return order


def unpaid_orders(*, placed_before: datetime) -> QuerySet[Order]:
    """Orders that have waited for a payment since then."""
    return Order.objects.filter(status=OrderStatus.PENDING, created_at__lt=placed_before)
