"""What the tables themselves forbid."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from model_bakery import baker

from apps.orders.models import Order
from apps.payments.models import FakeCharge, Payment, PaymentStatus, WebhookEvent


def test_an_order_cannot_have_two_payments_that_may_both_succeed(order: Order) -> None:
    baker.make(Payment, order=order, status=PaymentStatus.SUCCEEDED)
    with pytest.raises(IntegrityError), transaction.atomic():
        baker.make(Payment, order=order, status=PaymentStatus.PENDING)


def test_declined_payments_do_not_stand_in_the_way_of_another(order: Order) -> None:
    baker.make(Payment, order=order, status=PaymentStatus.DECLINED, _quantity=2)
    baker.make(Payment, order=order)
    assert order.payments.count() == 3


def test_a_negative_amount_cannot_be_collected(order: Order) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        baker.make(Payment, order=order, amount=-1)


@pytest.mark.parametrize(
    ("instance", "text"),
    [
        (Payment(amount=Decimal(3), currency="USD"), "3.00 USD pending"),
        (FakeCharge(amount=Decimal(3), currency="USD", outcome="declined"), "3.00 USD declined"),
        (WebhookEvent(gateway="fake", event_id="evt_1"), "fake evt_1"),
    ],
)
def test_each_row_says_what_it_is(instance: Payment | FakeCharge | WebhookEvent, text: str) -> None:
    assert str(instance) == text
