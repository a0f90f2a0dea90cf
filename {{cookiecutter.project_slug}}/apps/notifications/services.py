"""Writes: sending an e-mail, once, and remembering it."""

from collections.abc import Mapping
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template import Context, Engine
from django.utils import timezone

from apps.authentication.models import EmailChallenge
from apps.authentication.selectors import challenge_code
from apps.common import audit
from apps.common.events import bus
from apps.notifications import selectors
from apps.notifications.events import EmailSent
from apps.notifications.models import Notification

PURPOSES = {
    Notification.Kind.EMAIL_VERIFICATION: EmailChallenge.Purpose.VERIFY_EMAIL,
    Notification.Kind.PASSWORD_RESET: EmailChallenge.Purpose.RESET_PASSWORD,
}

log = structlog.stdlib.get_logger(__name__)


def mail_code(*, challenge_id: UUID, kind: Notification.Kind) -> None:
    """Mail the code of a challenge, unless the code is void by now."""
    challenge = selectors.open_challenge(challenge_id, PURPOSES[kind])
    if challenge is None:
        log.warning("code not mailed: it is void", kind=kind, challenge_id=str(challenge_id))
        return
    send_email(
        kind=kind,
        dedup_key=f"{kind}:{challenge_id}",
        recipient=challenge.user.email,
        context={"code": challenge_code(challenge), "expires_at": challenge.expires_at},
    )


def mail_order_confirmation(*, order_id: UUID) -> None:
    """Tell the customer that the order is paid."""
    order = selectors.order(order_id)
    if order is None:
        log.warning("confirmation not mailed: there is no such order", order_id=str(order_id))
        return
    kind = Notification.Kind.ORDER_CONFIRMATION
    send_email(
        kind=kind,
        dedup_key=f"{kind}:{order_id}",
        recipient=order.customer.email,
        context={"order": order},
    )


def mail_payment_declined(*, payment_id: UUID) -> None:
    """Tell the customer that nothing was charged, and that the order came to nothing."""
    payment = selectors.payment(payment_id)
    if payment is None:
        log.warning("decline not mailed: there is no such payment", payment_id=str(payment_id))
        return
    kind = Notification.Kind.PAYMENT_DECLINED
    send_email(
        kind=kind,
        dedup_key=f"{kind}:{payment_id}",
        recipient=payment.order.customer.email,
        context={"payment": payment, "order": payment.order},
    )


def mail_sold_out_notice(*, product_id: UUID, notice_id: UUID) -> None:
    """Tell the vendor that customers find nothing left, unless there is something again by now.

    Args:
        product_id: The product's public id.
        notice_id: Tells this time from the others that the product sells out.
    """
    product = selectors.sold_out_product(product_id)
    if product is None:
        log.info("sold out not mailed: it is so no longer", product_id=str(product_id))
        return
    kind = Notification.Kind.SOLD_OUT
    send_email(
        kind=kind,
        dedup_key=f"{kind}:{notice_id}",
        recipient=product.vendor.user.email,
        context={"product": product},
    )


def send_email(
    *, kind: Notification.Kind, dedup_key: str, recipient: str, context: Mapping[str, object]
) -> None:
    """Send an e-mail, unless one was sent under this key before.

    At least once: should the process die after the mail server's "accepted" and before the commit,
    the e-mail is sent again, under the same Message-ID. The two cannot be one: holding a
    transaction open while the mail server takes its time would only lock the database as well.

    Args:
        kind: Names the templates, `notifications/<kind>.txt` (with the subject) and `.html`.
        dedup_key: What the e-mail is about.
        recipient: An e-mail address.
        context: For the templates, next to `site_name` and `base_url`.

    Raises:
        OSError: When the mail server cannot be reached or refuses (`smtplib.SMTPException`).
    """
    if Notification.objects.filter(dedup_key=dedup_key).exists():
        log.info("e-mail was sent before", dedup_key=dedup_key)
        return
    message = _compose(kind, dedup_key, recipient, context)
    message.send()
    with transaction.atomic():
        notification, first = Notification.objects.get_or_create(
            dedup_key=dedup_key,
            defaults={
                "kind": kind,
                "recipient": recipient,
                "subject": str(message.subject),
                "sent_at": timezone.now(),
            },
        )
        if first:
            audit.record("email.sent", notification, kind=kind)
            bus.publish(EmailSent(notification_id=notification.public_id, kind=kind))


def _compose(
    kind: Notification.Kind, dedup_key: str, recipient: str, context: Mapping[str, object]
) -> EmailMultiAlternatives:
    site = {"site_name": settings.SITE_NAME, "base_url": settings.APP_BASE_URL}
    host = urlsplit(settings.APP_BASE_URL).hostname

    def render(template: str, *, escape: bool) -> str:
        source = Engine.get_default().get_template(f"notifications/{template}")
        return source.render(Context({**site, **context}, autoescape=escape)).strip()

    message = EmailMultiAlternatives(
        # What it quotes may be on several lines, a header may not.
        subject=" ".join(render(f"{kind}.txt#subject", escape=False).split()),
        body=render(f"{kind}.txt", escape=False) + "\n",
        to=[recipient],
        headers={
            "Auto-Submitted": "auto-generated",
            "Message-ID": f"<{dedup_key.replace(':', '.')}@{host}>",
        },
    )
    message.attach_alternative(render(f"{kind}.html", escape=True), "text/html")
    return message
