"""Scheduled upkeep of the shared tables."""

from datetime import timedelta

from crontask import cron
from django.tasks import task
from django.utils import timezone
from django_database_task import purge_completed_tasks

from apps.common.events import deliver_events
from apps.common.models import IdempotencyKey, OutboxEvent
from apps.common.queues import Queue
from apps.common.task_backends.base import KEEP_FINISHED

KEEP_DELIVERED_EVENTS = timedelta(days=7)
KEEP_IDEMPOTENCY_KEYS = timedelta(days=2)

# Publishing wakes a worker at once; this finds what a crash or a failed attempt left behind.
cron("* * * * *")(deliver_events)


@cron("10 3 * * *")
@task(queue_name=Queue.ANALYTICS, priority=Queue.ANALYTICS.priority)
def delete_delivered_events() -> int:
    """Forget the events that were delivered a week ago; the number deleted."""
    old = timezone.now() - KEEP_DELIVERED_EVENTS
    return OutboxEvent.objects.filter(delivered_at__lt=old).delete()[0]


@cron("20 3 * * *")
@task(queue_name=Queue.ANALYTICS, priority=Queue.ANALYTICS.priority)
def delete_idempotency_keys() -> int:
    """Forget the answers that no client repeats a request for any more; the number deleted."""
    old = timezone.now() - KEEP_IDEMPOTENCY_KEYS
    return IdempotencyKey.objects.filter(created_at__lt=old).delete()[0]


@cron("30 3 * * *")
@task(queue_name=Queue.ANALYTICS, priority=Queue.ANALYTICS.priority)
def delete_finished_tasks() -> int:
    """Forget the tasks that succeeded or failed a week ago; the number deleted."""
    deleted: int = purge_completed_tasks(days=KEEP_FINISHED.days)
    return deleted
