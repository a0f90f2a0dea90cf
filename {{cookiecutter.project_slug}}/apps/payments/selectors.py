"""Reads."""

from uuid import UUID

from django.db.models import QuerySet

from apps.authentication.models import User
from apps.common.errors import NotFound
from apps.payments.models import Payment


def payments_of(user: User) -> QuerySet[Payment]:
    """The payments for the user's own orders."""
    return Payment.objects.filter(order__customer=user).select_related("order")


def payment_of(user: User, public_id: UUID) -> Payment:
    """One payment for an order of the user.

    Raises:
        NotFound: If there is none; somebody else's does not exist for the user.
    """
    payment = payments_of(user).filter(public_id=public_id).first()
    if payment is None:
        raise NotFound("There is no such payment.")
    return payment
