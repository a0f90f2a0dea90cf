"""Tasks for the tests of the task backend and the worker."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.tasks import TaskContext, task, task_backends
from django.utils import timezone
from django.utils.module_loading import import_string
from django_database_task.models import DatabaseTask

from apps.common import context
from apps.common.queues import Queue
from apps.common.retries import TransientError
from apps.common.task_backend import RetryingDatabaseTaskBackend

PATIENCE = 30  # seconds until a test that forgot to let go of a task is left alone


@task(queue_name=Queue.CRITICAL)
def fail(error: str) -> None:
    """Raise the error with this dotted path."""
    raise import_string(error)


@task(queue_name=Queue.CRITICAL, takes_context=True)
def succeed_at(context: "TaskContext[..., Any]", attempt: int) -> int:
    """Fail for the time being, until that attempt."""
    if context.attempt < attempt:
        raise TransientError("not yet")
    return context.attempt


@task(queue_name=Queue.CRITICAL)
async def count_tasks() -> int:
    """Read the database as coroutines do."""
    return await DatabaseTask.objects.acount()


@task(queue_name=Queue.CRITICAL)
def show_context() -> dict[str, str]:
    """Tell on whose behalf this runs."""
    return context.current()


@task(queue_name=Queue.CRITICAL, takes_context=True)
def run_beyond_the_claim_timeout(context: "TaskContext[..., Any]") -> str:
    """Let an hour pass in an instant, then tell the task's status as other workers see it."""
    row = DatabaseTask.objects.filter(pk=context.task_result.id)
    row.update(last_attempted_at=timezone.now() - timedelta(hours=1))
    backend = task_backends["default"]
    assert isinstance(backend, RetryingDatabaseTaskBackend)
    backend.maintain()
    return row.get().status


@task(queue_name=Queue.CRITICAL, takes_context=True)
def lose_the_claim(context: "TaskContext[..., Any]") -> None:
    """Another worker has taken over, since this one seemed dead."""
    workers = [*context.task_result.worker_ids, "another worker"]
    DatabaseTask.objects.filter(pk=context.task_result.id).update(worker_ids_json=workers)


@task(queue_name=Queue.CRITICAL)
def wait_for_permission(folder: str) -> None:
    """Leave a file named for this process, and end when there is a file named `go`."""
    (Path(folder) / str(os.getpid())).touch()
    deadline = time.monotonic() + PATIENCE
    while not (Path(folder) / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
