"""What waits for a worker: figures of the whole shop, which every server process can tell."""

from collections.abc import Iterator

import structlog
from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from apps.common.events import PENDING
from apps.common.models import OutboxEvent
from apps.common.queues import Queue
from apps.common.task_backends.base import QueueState, default_backend
from apps.common.task_backends.metrics import QueueCollector

log = structlog.stdlib.get_logger(__name__)


def backlog() -> list[Metric]:
    """Look at the queues and the outbox, and tell which of them could not be looked at."""
    readable = GaugeMetricFamily(
        "backlog_readable", "Whether what waits there could be counted.", labels=("source",)
    )
    metrics: list[Metric] = [readable]
    for source, look in {"queues": _queues, "outbox": _outbox}.items():
        try:
            metrics += look()
        except Exception:
            log.exception("backlog not readable", source=source)
            readable.add_metric((source,), 0)
        else:
            readable.add_metric((source,), 1)
    return metrics


def _queues() -> Iterator[Metric]:
    states = {str(queue): QueueState() for queue in Queue} | default_backend().queue_states()
    return QueueCollector(lambda: states).collect()


def _outbox() -> Iterator[Metric]:
    now = timezone.now()
    found = OutboxEvent.objects.filter(PENDING).aggregate(
        count=Count("id"), oldest=Min("created_at")
    )
    waiting = now - (found["oldest"] or now)
    yield GaugeMetricFamily(
        "outbox_pending", "Events that are not delivered yet.", value=found["count"]
    )
    yield GaugeMetricFamily(
        "outbox_oldest_pending_age_seconds",
        "How long the oldest of them waits.",
        value=waiting.total_seconds(),
    )
