"""What follows from payment events."""

from apps.common.events import bus
from apps.payments import tasks
from apps.payments.events import PaymentRequested
from apps.payments.gateways.fake.gateway import FakeChargeDeferred


@bus.subscribe(PaymentRequested)
def charge_in_the_background(event: PaymentRequested) -> None:
    """Hand the payment to a worker."""
    tasks.process_order_payment.enqueue(payment_id=str(event.payment_id))


@bus.subscribe(FakeChargeDeferred)
def call_back_in_the_background(event: FakeChargeDeferred) -> None:
    """Have the fake bank report the charge."""
    tasks.deliver_fake_webhook.enqueue(charge_id=str(event.charge_id))
