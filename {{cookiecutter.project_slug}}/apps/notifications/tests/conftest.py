from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from smtplib import SMTPServerDisconnected

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone
from model_bakery import baker

from apps.authentication.models import EmailChallenge, User
from apps.orders.models import Order, OrderItem, OrderStatus
from apps.payments.models import Payment, PaymentStatus
from apps.products.models import Product
from apps.vendors.services import create_vendor


@dataclass
class MailServer:
    """Django's mailbox for tests, which can be away, or slow: something may happen meanwhile."""

    reachable: bool = True
    meanwhile: Callable[[], None] | None = None


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> MailServer:
    """The server that every e-mail goes to."""
    server = MailServer()
    accept = EmailBackend.send_messages

    def send_messages(backend: EmailBackend, messages: Sequence[EmailMessage]) -> int:
        if not server.reachable:
            raise SMTPServerDisconnected("Connection unexpectedly closed")
        meanwhile, server.meanwhile = server.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return accept(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)
    return server


@pytest.fixture
def challenge(customer: User) -> EmailChallenge:
    """A code that verifies an address, just asked for."""
    return EmailChallenge.objects.create(
        user=customer,
        purpose=EmailChallenge.Purpose.VERIFY_EMAIL,
        expires_at=timezone.now() + timedelta(minutes=10),
    )


@pytest.fixture
def reset(customer: User) -> EmailChallenge:
    """A code that allows a new password, just asked for."""
    return EmailChallenge.objects.create(
        user=customer,
        purpose=EmailChallenge.Purpose.RESET_PASSWORD,
        expires_at=timezone.now() + timedelta(minutes=10),
    )


@pytest.fixture
def product(vendor_user: User) -> Product:
    """A teapot of which there was never one to sell."""
    vendor = create_vendor(user=vendor_user, name="A potter")
    return baker.make(Product, vendor=vendor, name="Teapot <large>")


@pytest.fixture
def order(customer: User, product: Product) -> Order:
    """A paid order of two teapots."""
    order = baker.make(
        Order,
        customer=customer,
        status=OrderStatus.PAID,
        total_amount=Decimal("39.98"),
        currency="EUR",
    )
    baker.make(
        OrderItem,
        order=order,
        product=product,
        product_name=product.name,
        unit_price=Decimal("19.99"),
        quantity=2,
    )
    return order


@pytest.fixture
def declined(order: Order) -> Payment:
    """A payment that the customer's bank refused."""
    order.status = OrderStatus.PAYMENT_FAILED
    order.save()
    return baker.make(
        Payment,
        order=order,
        amount=order.total_amount,
        currency=order.currency,
        status=PaymentStatus.DECLINED,
        failure_reason="The card was declined.",
    )
