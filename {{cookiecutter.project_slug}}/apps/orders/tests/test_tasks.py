"""Scheduled upkeep of orders."""

import pytest
from django.utils import timezone
from time_machine import TimeMachineFixture

from apps.authentication.models import User
from apps.inventory.selectors import available
from apps.orders.services import OrderLine, begin_payment, place_order
from apps.orders.tasks import PAYMENT_WINDOW, cancel_unpaid_orders
from apps.products.models import Product

pytestmark = pytest.mark.django_db


def test_orders_nobody_pays_are_cancelled_after_the_window(
    customer: User, shirt: Product, time_machine: TimeMachineFixture
) -> None:
    place_order(customer=customer, lines=[OrderLine(shirt.public_id, 2)])
    assert cancel_unpaid_orders.call() == 0
    time_machine.move_to(timezone.now() + PAYMENT_WINDOW)
    assert cancel_unpaid_orders.call() == 1
    assert available(shirt) == 5


def test_an_order_whose_payment_is_under_way_is_kept(
    customer: User, shirt: Product, time_machine: TimeMachineFixture
) -> None:
    order = place_order(customer=customer, lines=[OrderLine(shirt.public_id, 2)])
    begin_payment(order=order)
    time_machine.move_to(timezone.now() + PAYMENT_WINDOW)
    assert cancel_unpaid_orders.call() == 0
