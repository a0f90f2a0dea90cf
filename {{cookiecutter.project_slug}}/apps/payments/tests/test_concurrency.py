"""Whatever happens at the same time happens once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from apps.common.errors import Conflict
from apps.common.models import OutboxEvent
from apps.inventory.models import StockItem
from apps.orders.models import Order
from apps.payments.models import FakeCharge, Payment, PaymentStatus
from apps.payments.services import charge_payment, receive_webhook, start_payment
from apps.payments.tests.conftest import Pay, Webhook
from apps.products.models import Product

CALLERS = 4

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(call: Callable[[], object]) -> None:
    """Make the same call in several threads at the same moment."""
    ready = Barrier(CALLERS)

    def caller() -> None:
        try:
            ready.wait()
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(CALLERS) as threads:
        for done in [threads.submit(caller) for _ in range(CALLERS)]:
            done.result()


def published(event: str) -> int:
    return OutboxEvent.objects.filter(name=event).count()


def test_workers_that_process_the_same_payment_charge_it_once(pay: Pay, product: Product) -> None:
    payment = pay("fake_success")
    at_once(lambda: charge_payment(payment_id=payment.public_id))
    payment.refresh_from_db()
    stock = StockItem.objects.get(product=product)
    assert (payment.status, FakeCharge.objects.count()) == (PaymentStatus.SUCCEEDED, 1)
    assert (stock.on_hand, stock.reserved) == (3, 0)
    assert published("PaymentProcessed") == 1


def test_a_webhook_that_is_sent_several_times_is_applied_once(pay: Pay, webhook: Webhook) -> None:
    headers, body = webhook(pay("fake_webhook_success"))
    at_once(lambda: receive_webhook(name="fake", headers=headers, body=body))
    assert published("PaymentProcessed") == 1


def test_a_decision_that_arrives_by_answer_and_by_webhook_is_applied_once(
    pay: Pay, webhook: Webhook
) -> None:
    payment = pay("fake_success")
    headers, body = webhook(payment)

    def hear_of_it_twice() -> None:
        charge_payment(payment_id=payment.public_id)
        receive_webhook(name="fake", headers=headers, body=body)

    at_once(hear_of_it_twice)
    assert published("PaymentProcessed") == 1


def test_customers_who_press_the_button_twice_pay_once(order: Order) -> None:
    conflicts = []

    def press() -> None:
        try:
            start_payment(order=order, method="fake_success")
        except Conflict as conflict:
            conflicts.append(conflict)

    at_once(press)
    assert (Payment.objects.count(), len(conflicts)) == (1, CALLERS - 1)
