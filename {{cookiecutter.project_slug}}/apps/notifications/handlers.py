"""Which events are followed by an e-mail."""

from apps.authentication.events import EmailVerificationRequested, PasswordResetRequested
from apps.common.events import bus
from apps.common.ids import uuid7
from apps.inventory.events import StockDepleted
from apps.notifications import tasks
from apps.payments.events import PaymentFailed, PaymentProcessed


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


@bus.subscribe(PaymentFailed)
def mail_payment_declined(event: PaymentFailed) -> None:
    """Hand the bad news to a worker."""
    tasks.send_payment_declined.enqueue(payment_id=str(event.payment_id))


@bus.subscribe(StockDepleted)
def mail_sold_out_notice(event: StockDepleted) -> None:
    """Hand the notice to a worker.

    A product may sell out again, so its id cannot tell one notice from the next. A new id can: the
    task is stored in the transaction that marks this event handled, hence one for each event.
    """
    tasks.send_sold_out_notice.enqueue(product_id=str(event.product_id), notice_id=str(uuid7()))
