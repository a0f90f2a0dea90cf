"""Scheduled upkeep."""

from crontask import cron
from django.tasks import task

from apps.authentication import services
from apps.common.queues import Queue


@cron("30 3 * * *")
@task(queue_name=Queue.ANALYTICS, priority=Queue.ANALYTICS.priority)
def delete_expired_credentials() -> dict[str, int]:
    """Forget codes and refresh tokens that nobody can use any more; the numbers deleted."""
    return services.delete_expired_credentials()
