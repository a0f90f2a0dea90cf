import smtplib
from uuid import uuid4

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.html import escape
from pytest_django import Settings

from apps.authentication.models import EmailChallenge
from apps.authentication.selectors import challenge_code
from apps.common.models import AuditEntry, OutboxEvent
from apps.notifications import services
from apps.notifications.models import Notification
from apps.notifications.tests.conftest import MailServer
from apps.orders.models import Order
from apps.payments.models import Payment
from apps.products.models import Product

Kind = Notification.Kind
type Outbox = list[EmailMultiAlternatives]

CONTEXT = {"code": "012345", "expires_at": timezone.now()}


def send(kind: Kind = Kind.EMAIL_VERIFICATION, key: str = "a key") -> None:
    services.send_email(kind=kind, dedup_key=key, recipient="ada@example.com", context=CONTEXT)


def html(message: EmailMultiAlternatives) -> str:
    ((content, mimetype),) = message.alternatives
    assert mimetype == "text/html"
    return str(content)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_subject_a_text_and_a_page(kind: Kind, mailoutbox: Outbox) -> None:
    send(kind)
    (message,) = mailoutbox
    assert message.subject
    assert "\n" not in str(message.subject)
    assert message.body.splitlines()[0]
    assert escape(message.subject) in html(message)
    assert message.to == ["ada@example.com"]


@pytest.mark.django_db
def test_the_site_is_named_as_configured_in_text_and_page(
    mailoutbox: Outbox, settings: Settings
) -> None:
    settings.SITE_NAME = "O'Reilly & Söhne <shop>"
    settings.APP_BASE_URL = "https://shop.example"
    send()
    (message,) = mailoutbox
    assert "O'Reilly & Söhne <shop>" in message.subject
    assert "O'Reilly & Söhne <shop>" in message.body
    assert "O&#x27;Reilly &amp; Söhne &lt;shop&gt;" in html(message)
    assert "https://shop.example" in message.body
    assert 'href="https://shop.example"' in html(message)


@pytest.mark.parametrize("kind", [Kind.EMAIL_VERIFICATION, Kind.PASSWORD_RESET])
def test_the_code_stands_alone_on_its_line_and_only_in_the_body(
    kind: Kind, challenge: EmailChallenge, reset: EmailChallenge, mailoutbox: Outbox
) -> None:
    asked = {Kind.EMAIL_VERIFICATION: challenge, Kind.PASSWORD_RESET: reset}[kind]
    services.mail_code(challenge_id=asked.public_id, kind=kind)
    (message,) = mailoutbox
    code = challenge_code(asked)
    assert code in message.body.splitlines()
    assert code in html(message)
    assert code not in message.subject
    assert f"{asked.expires_at:%H:%M} UTC" in message.body


def test_an_order_confirmation_lists_what_was_bought(order: Order, mailoutbox: Outbox) -> None:
    services.mail_order_confirmation(order_id=order.public_id)
    (message,) = mailoutbox
    assert message.to == [order.customer.email]
    assert "2 x Teapot <large>: 39.98 EUR" in message.body.splitlines()
    assert "Total: 39.98 EUR" in message.body
    assert "Teapot &lt;large&gt;" in html(message)
    assert str(order.public_id) in html(message)
    assert f"Thank you, {order.customer.full_name}!" in message.body
    assert f"Thank you, {order.customer.full_name}!" in html(message)


def test_of_a_declined_payment_a_customer_learns_the_reason_and_what_it_means(
    declined: Payment, mailoutbox: Outbox
) -> None:
    services.mail_payment_declined(payment_id=declined.public_id)
    (message,) = mailoutbox
    assert message.to == [declined.order.customer.email]
    for content in (message.body, html(message)):
        assert "Your payment of 39.98 EUR was declined. Nothing was charged." in content
        assert "The reason given: The card was declined." in content
        assert str(declined.order.public_id) in content
        assert "back on sale" in content
    assert "2 x Teapot <large>: 39.98 EUR" in message.body.splitlines()
    assert "Teapot &lt;large&gt;" in html(message)


def test_a_decline_without_a_reason_gives_none(declined: Payment, mailoutbox: Outbox) -> None:
    declined.failure_reason = ""
    declined.save()
    services.mail_payment_declined(payment_id=declined.public_id)
    (message,) = mailoutbox
    assert "reason" not in message.body
    assert "reason" not in html(message)


def test_a_vendor_learns_which_product_is_sold_out(product: Product, mailoutbox: Outbox) -> None:
    services.mail_sold_out_notice(product_id=product.public_id, notice_id=uuid4())
    (message,) = mailoutbox
    assert message.to == [product.vendor.user.email]
    assert message.subject == "Sold out: Teapot <large>"
    assert message.body.startswith("Teapot <large> is sold out")
    assert "Teapot &lt;large&gt; is sold out" in html(message)


def test_a_name_on_several_lines_makes_a_subject_on_one(
    product: Product, mailoutbox: Outbox
) -> None:
    product.name = "Teapot\r\nBcc: eve@example.com\u2028(large)"
    product.save()
    services.mail_sold_out_notice(product_id=product.public_id, notice_id=uuid4())
    (message,) = mailoutbox
    assert message.subject == "Sold out: Teapot Bcc: eve@example.com (large)"
    assert message.message()["Bcc"] is None


@pytest.mark.django_db
def test_an_email_is_sent_once_for_each_key(mailoutbox: Outbox) -> None:
    send(key="one")
    send(key="one")
    send(key="another")
    assert len(mailoutbox) == Notification.objects.count() == 2


@pytest.mark.django_db
def test_a_sent_email_is_recorded_audited_and_published(mailoutbox: Outbox) -> None:
    send()
    notification = Notification.objects.get()
    assert notification.recipient == "ada@example.com"
    assert notification.subject == mailoutbox[0].subject
    assert AuditEntry.objects.get(action="email.sent").target_id == notification.public_id
    assert OutboxEvent.objects.get(name="EmailSent").payload == {
        "notification_id": str(notification.public_id),
        "kind": Kind.EMAIL_VERIFICATION,
    }


@pytest.mark.django_db
def test_nothing_is_recorded_of_an_email_that_no_server_accepted(mail_server: MailServer) -> None:
    mail_server.reachable = False
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send()
    assert not Notification.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_an_email_that_two_workers_send_at_once_is_recorded_once(mail_server: MailServer) -> None:
    mail_server.meanwhile = send
    send()
    assert Notification.objects.count() == 1
    assert AuditEntry.objects.filter(action="email.sent").count() == 1


@pytest.mark.django_db
def test_an_email_sent_again_can_be_recognised_by_its_message_id(mailoutbox: Outbox) -> None:
    send()
    Notification.objects.all().delete()
    send()
    first, again = (message.message() for message in mailoutbox)
    assert first["Message-ID"] == again["Message-ID"]
    assert first["Auto-Submitted"] == "auto-generated"
