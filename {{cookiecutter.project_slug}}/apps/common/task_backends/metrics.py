"""What is counted about tasks, for each queue."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from django.utils import timezone
from prometheus_client import Counter, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from apps.common.queues import Queue

if TYPE_CHECKING:
    from apps.common.task_backends.base import QueueState

QUEUE = ("queue",)

ENQUEUED = Counter("tasks_enqueued_total", "Tasks that were asked for.", QUEUE)
RETRIES = Counter("tasks_retries_total", "Attempts that failed and will be repeated.", QUEUE)
FAILURES = Counter("tasks_failures_total", "Tasks that failed for good.", QUEUE)
SEND_FAILURES = Counter(
    "tasks_send_failures_total", "Tasks that wait in the database since Redis is away.", QUEUE
)
DURATION = Histogram(
    "tasks_duration_seconds",
    "How long attempts took.",
    QUEUE,
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300),
)

# An alert on an increase would miss the first one of a series that only begins with it.
for queue in Queue:
    FAILURES.labels(queue)


class QueueCollector(Collector):
    """Looks at the queues when it is asked: what their depth is, and how long tasks have waited.

    Args:
        look: Returns how things stand in each queue.
    """

    def __init__(self, look: "Callable[[], Mapping[str, QueueState]]") -> None:
        self._look = look

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering it does not look at the queues."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The gauges of this moment."""
        depth = GaugeMetricFamily(
            "tasks_depth", "Tasks in a queue, by state.", labels=("queue", "state")
        )
        age = GaugeMetricFamily(
            "tasks_oldest_due_age_seconds", "How long the oldest due task waits.", labels=QUEUE
        )
        now = timezone.now()
        for queue, state in self._look().items():
            for name in ("due", "delayed", "running", "failed"):
                depth.add_metric((queue, name), getattr(state, name))
            waiting = now - state.oldest_due if state.oldest_due else now - now
            age.add_metric((queue,), waiting.total_seconds())
        yield depth
        yield age
