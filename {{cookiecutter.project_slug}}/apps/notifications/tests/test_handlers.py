from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from apps.authentication.events import EmailVerificationRequested, PasswordResetRequested
from apps.authentication.models import EmailChallenge
from apps.common.events import Event, bus
from apps.inventory.events import StockDepleted
from apps.inventory.services import set_stock
from apps.orders.models import Order
from apps.payments.events import PaymentFailed, PaymentProcessed
from apps.payments.models import Payment
from apps.products.models import Product

type Hear = Callable[[Event], str]


@pytest.fixture
def hear(run_tasks: Callable[[], None], mailoutbox: list[EmailMultiAlternatives]) -> Hear:
    """Publishes an event; the subject of the e-mail that follows."""

    def publish(event: Event) -> str:
        with transaction.atomic():
            bus.publish(event)
        run_tasks()
        (message,) = mailoutbox
        return str(message.subject)

    return publish


def test_who_registers_gets_a_code(challenge: EmailChallenge, hear: Hear) -> None:
    assert "Verify" in hear(EmailVerificationRequested(challenge_id=challenge.public_id))


def test_who_forgot_the_password_gets_a_code(reset: EmailChallenge, hear: Hear) -> None:
    assert "Reset" in hear(PasswordResetRequested(challenge_id=reset.public_id))


def test_who_paid_gets_a_confirmation(order: Order, hear: Hear) -> None:
    event = PaymentProcessed(
        payment_id=uuid4(),
        order_id=order.public_id,
        amount=order.total_amount,
        currency=order.currency,
    )
    assert "confirmed" in hear(event)


def test_whose_payment_is_declined_is_told_so(declined: Payment, hear: Hear) -> None:
    event = PaymentFailed(
        payment_id=declined.public_id,
        order_id=declined.order.public_id,
        reason=declined.failure_reason,
    )
    assert "declined" in hear(event)


def test_whose_product_sells_out_is_told_so(product: Product, hear: Hear) -> None:
    assert "Sold out" in hear(StockDepleted(product_id=product.public_id))


def test_whose_product_sells_out_again_is_told_again(
    product: Product, run_tasks: Callable[[], None], mailoutbox: list[EmailMultiAlternatives]
) -> None:
    for depletions in (1, 2):
        set_stock(product=product, on_hand=1)
        set_stock(product=product, on_hand=0)
        run_tasks()
        assert len(mailoutbox) == depletions
