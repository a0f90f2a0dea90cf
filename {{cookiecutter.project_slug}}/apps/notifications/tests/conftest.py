from collections.abc import Sequence
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
from apps.products.models import Product
from apps.vendors.services import create_vendor


@dataclass
class MailServer:
    """Django's mailbox for tests, which can be away."""

    reachable: bool = True


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> MailServer:
    """The server that every e-mail goes to."""
    server = MailServer()
    accept = EmailBackend.send_messages

    def send_messages(backend: EmailBackend, messages: Sequence[EmailMessage]) -> int:
        if not server.reachable:
            raise SMTPServerDisconnected("Connection unexpectedly closed")
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
def order(customer: User, vendor_user: User) -> Order:
    """A paid order of two teapots."""
    vendor = create_vendor(user=vendor_user, name="A potter")
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
        product=baker.make(Product, vendor=vendor),
        product_name="Teapot <large>",
        unit_price=Decimal("19.99"),
        quantity=2,
    )
    return order
