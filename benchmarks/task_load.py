"""Background tasks that do nothing, in the process of a project: how long they wait for their end.

Each function prints its figures as JSON.
"""

import itertools
import json
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.tasks import Task
from django.utils import timezone

from apps.common.queues import Queue
from apps.common.task_backends.base import default_backend
from apps.common.tests.worker_tasks import show_context

PATIENCE = 300  # seconds
HEAD_START = 2  # seconds


def burst(count: int) -> None:
    """Enqueue tasks that are due at one moment, and wait until workers have run them all."""
    due = timezone.now() + timedelta(seconds=count / 150 + HEAD_START)
    started = time.perf_counter()
    results = [task.using(run_after=due).enqueue() for task in itertools.islice(_tasks(), count)]
    enqueued = count / (time.perf_counter() - started)
    if timezone.now() > due:
        raise RuntimeError("enqueueing took longer than expected")
    _drain()
    finished = [default_backend().get_result(result.id).finished_at for result in results]
    print(json.dumps({"enqueued": enqueued, "run": count / (max(finished) - due).total_seconds()}))


def stream(rate: float, seconds: float) -> None:
    """Enqueue tasks evenly, and see how long each takes from there to its end."""
    started = time.perf_counter()
    results = []
    for number, task in enumerate(itertools.islice(_tasks(), int(rate * seconds))):
        time.sleep(max(0, started + number / rate - time.perf_counter()))
        results.append(task.enqueue())
    _drain()
    ended = [default_backend().get_result(result.id) for result in results]
    waits = [(result.finished_at - result.enqueued_at).total_seconds() for result in ended]
    percentiles = statistics.quantiles(waits, n=100, method="inclusive")
    print(json.dumps({"p50": percentiles[49], "p95": percentiles[94], "longest": max(waits)}))


def _tasks() -> Iterator["Task[..., Any]"]:
    """Tasks of all queues, in turns."""
    return itertools.cycle(show_context.using(queue_name=queue) for queue in Queue)


def _drain() -> None:
    """Wait until nothing is left to do."""
    deadline = time.monotonic() + PATIENCE
    while any(
        state.due or state.delayed or state.running
        for state in default_backend().queue_states().values()
    ):
        if time.monotonic() > deadline:
            raise TimeoutError(f"tasks are left: {default_backend().queue_states()}")
        time.sleep(0.2)
