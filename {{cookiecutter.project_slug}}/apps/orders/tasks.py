"""Scheduled upkeep of orders."""

from datetime import timedelta

import structlog
from crontask import cron
from django.tasks import task
from django.utils import timezone

from apps.common.queues import Queue
from apps.orders import services
from apps.orders.errors import ImpossibleTransition
from apps.orders.selectors import unpaid_orders

PAYMENT_WINDOW = timedelta(minutes=30)

log = structlog.stdlib.get_logger(__name__)


@cron("*/5 * * * *")
@task(queue_name=Queue.CRITICAL, priority=Queue.CRITICAL.priority)
def cancel_unpaid_orders() -> int:
    """Put the stock of orders nobody paid back on sale; the number cancelled."""
    cancelled = 0
    for order in unpaid_orders(placed_before=timezone.now() - PAYMENT_WINDOW):
        try:
            services.cancel_order(order=order)
        except ImpossibleTransition:
            log.info("order paid at the last moment", order_id=str(order.public_id))
        else:
            cancelled += 1
    return cancelled
