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
