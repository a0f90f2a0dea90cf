"""Tasks for the tests of the task backend and the worker."""

import os
import time
from datetime import timedelta
from pathlib import Path
from threading import Timer
from typing import Any

import time_machine
from django.conf import settings
from django.tasks import TaskContext, task
from django.utils import timezone
from django.utils.module_loading import import_string

from apps.common import context
from apps.common.models import OutboxEvent
from apps.common.queues import Queue
from apps.common.retries import TransientError
from apps.common.task_backends.base import TaskBackend, default_backend

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
async def count_events() -> int:
    """Read the database as coroutines do."""
    return await OutboxEvent.objects.acount()


@task(queue_name=Queue.CRITICAL)
def show_context() -> dict[str, str]:
    """Tell on whose behalf this runs."""
    return context.current()


@task(queue_name=Queue.CRITICAL, takes_context=True)
def run_beyond_the_claim_timeout(context: "TaskContext[..., Any]") -> str:
    """Show signs of life for an hour, an instant of which passes; the task's status then."""
    mine, other = default_backend(), _another_worker()
    for minutes in range(60):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
            mine.maintain()
            other.maintain()
    return other.get_result(context.task_result.id).status


@task(queue_name=Queue.CRITICAL, takes_context=True)
def lose_the_claim(context: "TaskContext[..., Any]") -> None:
    """Show no sign of life for an hour, so that another worker takes over."""
    other = _another_worker()
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        other.maintain()
        other._claim_next("another worker", Queue.CRITICAL, 0)


@task(queue_name=Queue.CRITICAL)
def be_handed_back() -> None:
    """Take longer than the worker is given to end."""
    default_backend().hand_back()


@task(queue_name=Queue.CRITICAL)
def cut_the_line_to_redis() -> None:
    """Redis goes away, for a second."""
    there, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1"
    Timer(1, setattr, (settings, "REDIS_URL", there)).start()


def _another_worker() -> TaskBackend:
    """A backend that knows nothing of what this process is running."""
    return type(default_backend())("default", settings.TASKS["default"])


@task(queue_name=Queue.CRITICAL)
def wait_for_permission(folder: str) -> None:
    """Leave a file named for this process, and end when there is a file named `go`."""
    (Path(folder) / str(os.getpid())).touch()
    deadline = time.monotonic() + PATIENCE
    while not (Path(folder) / "go").exists() and time.monotonic() < deadline:
        time.sleep(0.01)


@task(queue_name=Queue.CRITICAL)
def sign(file: str, name: str) -> None:
    """Leave a line in a file."""
    with Path(file).open("a") as lines:
        lines.write(f"{name}\n")
