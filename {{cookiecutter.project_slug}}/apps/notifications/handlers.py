"""Which events are followed by an e-mail."""

from apps.authentication.events import EmailVerificationRequested, PasswordResetRequested
from apps.common.events import bus
from apps.notifications import tasks
from apps.payments.events import PaymentProcessed


@bus.subscribe(EmailVerificationRequested)
def mail_verification_code(event: EmailVerificationRequested) -> None:
    """Hand the code to a worker."""
    tasks.send_verification_email.enqueue(challenge_id=str(event.challenge_id))


@bus.subscribe(PasswordResetRequested)
def mail_password_reset_code(event: PasswordResetRequested) -> None:
    """Hand the code to a worker."""
    tasks.send_password_reset_email.enqueue(challenge_id=str(event.challenge_id))


@bus.subscribe(PaymentProcessed)
def mail_order_confirmation(event: PaymentProcessed) -> None:
    """Hand the confirmation to a worker."""
    tasks.send_order_confirmation.enqueue(order_id=str(event.order_id))
