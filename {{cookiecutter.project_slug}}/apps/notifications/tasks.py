"""E-mails, sent in the background; each task may run any number of times and sends once."""

from uuid import UUID

from django.tasks import task

from apps.common.queues import Queue
from apps.notifications import services
from apps.notifications.models import Notification


@task(queue_name=Queue.EMAILS, priority=Queue.EMAILS.priority)
def send_verification_email(challenge_id: str) -> None:
    """Mail the code that verifies an address; the challenge is named by public id."""
    services.mail_code(challenge_id=UUID(challenge_id), kind=Notification.Kind.EMAIL_VERIFICATION)


@task(queue_name=Queue.EMAILS, priority=Queue.EMAILS.priority)
def send_password_reset_email(challenge_id: str) -> None:
    """Mail the code that allows a new password; the challenge is named by public id."""
    services.mail_code(challenge_id=UUID(challenge_id), kind=Notification.Kind.PASSWORD_RESET)


@task(queue_name=Queue.EMAILS, priority=Queue.EMAILS.priority)
def send_order_confirmation(order_id: str) -> None:
    """Tell the customer that an order is paid; the order is named by public id."""
    services.mail_order_confirmation(order_id=UUID(order_id))


@task(queue_name=Queue.EMAILS, priority=Queue.EMAILS.priority)
def send_payment_declined(payment_id: str) -> None:
    """Tell the customer that a payment was declined; the payment is named by public id."""
    services.mail_payment_declined(payment_id=UUID(payment_id))


@task(queue_name=Queue.EMAILS, priority=Queue.EMAILS.priority)
def send_sold_out_notice(product_id: str, notice_id: str) -> None:
    """Tell the vendor that a product, named by public id, is sold out; once for each notice."""
    services.mail_sold_out_notice(product_id=UUID(product_id), notice_id=UUID(notice_id))
