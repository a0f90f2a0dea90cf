"""Changing orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from uuid import UUID

from django.db import transaction

from apps.authentication.models import User
from apps.common import audit
from apps.common.events import bus
from apps.common.money import MAX_AMOUNT, Money
from apps.inventory import services as inventory
from apps.orders.errors import MixedCurrencies, OrderTooLarge, UnknownProducts
from apps.orders.events import OrderCancelled, OrderCreated
from apps.orders.models import Order, OrderItem, OrderStatus
from apps.products.models import Product
from apps.products.selectors import catalogue


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A product, by public id, and how many of it."""

    product_id: UUID
    quantity: int


@transaction.atomic
def place_order(*, customer: User, lines: Sequence[OrderLine]) -> Order:
    """Reserve the stock and write the order down at today's prices.

    Args:
        customer: Who buys.
        lines: At least one; no product twice.

    Raises:
        UnknownProducts: Naming those that are not for sale.
        MixedCurrencies: The products are not sold in one currency.
        OrderTooLarge: Nobody could book the total.
        InsufficientStock: Naming the products there are not enough of.
    """
    products = _products_for_sale([line.product_id for line in lines])
    bought = [(products[line.product_id], line.quantity) for line in lines]
    total = _total(bought)
    order = Order.objects.create(
        customer=customer, total_amount=total.amount, currency=total.currency
    )
    OrderItem.objects.bulk_create(
        OrderItem(
            order=order,
            product=product,
            product_name=product.name,
            unit_price=product.price,
            quantity=quantity,
        )
        for product, quantity in bought
    )
    inventory.reserve(
        reference=order.public_id,
        lines={product.pk: quantity for product, quantity in bought},
    )
    audit.record("order.placed", order, total=str(total))
    bus.publish(
        OrderCreated(
            order_id=order.public_id,
            customer_id=customer.public_id,
            total_amount=total.amount,
            currency=total.currency,
        )
    )
    return order


@transaction.atomic
def cancel_order(*, order: Order) -> Order:
    """Give the order up before a payment has begun, and its stock back.

    Raises:
        ImpossibleTransition: A payment is under way or made.
    """
    order = _advance(order, OrderStatus.CANCELLED)
    inventory.release(reference=order.public_id)
    bus.publish(OrderCancelled(order_id=order.public_id))
    return order


@transaction.atomic
def begin_payment(*, order: Order) -> Order:
    """Hold the order while a payment is under way.

    Raises:
        ImpossibleTransition: It is not waiting for a payment.
    """
    return _advance(order, OrderStatus.PROCESSING)


@transaction.atomic
def complete_payment(*, order: Order) -> Order:
    """The order is paid: its stock is sold.

    Raises:
        ImpossibleTransition: No payment was under way.
    """
    order = _advance(order, OrderStatus.PAID)
    inventory.commit(reference=order.public_id)
    return order


@transaction.atomic
def fail_payment(*, order: Order) -> Order:
    """The payment was declined: the stock goes back on sale.

    Raises:
        ImpossibleTransition: No payment was under way.
    """
    order = _advance(order, OrderStatus.PAYMENT_FAILED)
    inventory.release(reference=order.public_id)
    return order


def _advance(order: Order, status: OrderStatus) -> Order:
    """Lock the order, take one step of the state machine, and write down who took it."""
    locked = Order.objects.select_for_update().get(pk=order.pk)
    before = locked.status
    locked.move_to(status)
    locked.save(update_fields=["status", "updated_at"])
    audit.record(f"order.{status}", locked, status=[before, status])
    return locked


def _products_for_sale(public_ids: Sequence[UUID]) -> dict[UUID, Product]:
    found = {product.public_id: product for product in catalogue().filter(public_id__in=public_ids)}
    if missing := [str(public_id) for public_id in public_ids if public_id not in found]:
        raise UnknownProducts(products=[*missing])
    return found


def _total(bought: Sequence[tuple[Product, int]]) -> Money:
    if len({product.currency for product, _ in bought}) > 1:
        raise MixedCurrencies
    total = reduce(add, (product.money * quantity for product, quantity in bought))
    if total.amount > MAX_AMOUNT:
        raise OrderTooLarge(f"At most {MAX_AMOUNT} {total.currency} can be paid at once.")
    return total
