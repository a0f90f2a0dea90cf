"""Background work on the critical queue; each task may run any number of times."""

from uuid import UUID

from crontask import cron
from django.conf import settings
from django.tasks import task
from django.urls import reverse

from apps.common.queues import Queue
from apps.payments import services
from apps.payments.gateways.fake import FakeGateway, callback
from apps.payments.models import FakeCharge


@task(queue_name=Queue.CRITICAL, priority=Queue.CRITICAL.priority)
def process_order_payment(payment_id: str) -> None:
    """Collect the money for a payment, named by public id."""
    services.charge_payment(payment_id=UUID(payment_id))


@cron("*/5 * * * *")
@task(queue_name=Queue.CRITICAL, priority=Queue.CRITICAL.priority)
def resume_stuck_payments() -> None:
    """Take up payments whose task was lost, or whose gateway never called back."""
    for payment_id in services.claim_stuck_payments():
        process_order_payment.enqueue(payment_id=str(payment_id))


@task(queue_name=Queue.CRITICAL, priority=Queue.CRITICAL.priority)
def deliver_fake_webhook(charge_id: str) -> None:
    """Let the fake bank report a charge, named by public id."""
    charge = FakeCharge.objects.get(public_id=charge_id)
    path = reverse("payment-webhook", kwargs={"gateway": FakeGateway.name})
    callback.send(charge, url=settings.APP_BASE_URL + path)
