"""Reads: what an e-mail is about, if it is still worth sending."""

from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.authentication.models import EmailChallenge
from apps.orders.models import Order
from apps.orders.selectors import order_detail
from apps.payments.models import Payment
from apps.products.models import Product
from apps.products.selectors import catalogue, filter_products


def open_challenge(public_id: UUID, purpose: EmailChallenge.Purpose) -> EmailChallenge | None:
    """The challenge with its user, as long as its code would be accepted."""
    newer = EmailChallenge.objects.filter(
        user=OuterRef("user"), purpose=OuterRef("purpose"), id__gt=OuterRef("id")
    )
    return (
        EmailChallenge.objects.select_related("user")
        .filter(public_id=public_id, purpose=purpose, user__is_active=True)
        .filter(~Exists(newer), consumed_at=None, expires_at__gt=timezone.now())
        .first()
    )


def order(public_id: UUID) -> Order | None:
    """The order with its customer and lines."""
    return order_detail().filter(public_id=public_id).first()


def payment(public_id: UUID) -> Payment | None:
    """The payment with its order, the order's customer and lines."""
    payments = Payment.objects.select_related("order__customer").prefetch_related("order__items")
    return payments.filter(public_id=public_id).first()


def sold_out_product(public_id: UUID) -> Product | None:
    """The product with its vendor's user, as long as customers see it and none is free to sell."""
    products = catalogue().select_related("vendor__user").filter(public_id=public_id)
    return filter_products(products, in_stock=False).first()
