"""Telling somebody that a task has failed for good."""

import httpx
import structlog
from django.conf import settings
from django.utils import timezone
from django_database_task.models import DatabaseTask

TIMEOUT = 5.0  # seconds

log = structlog.stdlib.get_logger(__name__)


def report_failure(db_task: DatabaseTask) -> None:
    """Post what has failed to `TASK_FAILURE_WEBHOOK`, if there is one; never raises for want of it.

    Only the kind of the error is told: arguments, messages and traces may hold what is nobody's
    business. Whoever may look finds them in the admin and in the logs.
    """
    if not settings.TASK_FAILURE_WEBHOOK:
        return
    failure = {
        "task_id": str(db_task.pk),
        "task": db_task.task_path,
        "queue": db_task.queue_name,
        "attempts": len(db_task.worker_ids_json),
        "error": db_task.errors_json[-1]["exception_class_path"],
        "failed_at": timezone.now().isoformat(),
    }
    try:
        httpx.post(settings.TASK_FAILURE_WEBHOOK, json=failure, timeout=TIMEOUT).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # By its kind as well: the address, which its message quotes, may hold a key.
        log.warning("failure not reported", error=type(error).__name__)
