"""One trace from a request to the events and tasks that come of it, in whichever process.

What is stored carries the place in the trace that it was stored at, among the rest of its context.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from django.tasks import TaskResultStatus
from django.tasks.base import Task, TaskResult
from django_database_task.models import DatabaseTask
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind
from structlog.contextvars import bound_contextvars

from apps.common.events import Event, EventBus
from apps.common.models import OutboxEvent
from apps.common.task_backends.base import CONTEXT_ARGUMENT, TaskBackend
from apps.common.tracing.calls import (
    NOTHING,
    Attributes,
    Call,
    Look,
    fail,
    is_traced,
    look_away,
    propagator,
    span,
)


def calls() -> Iterator[Call]:
    """Where events and tasks are stored, and where they are taken up again."""
    yield Call(EventBus, "publish", around_publishing)
    yield Call(EventBus, "_deliver", around_delivery)
    yield Call(TaskBackend, "enqueue", around_enqueuing)
    yield Call(TaskBackend, "_attempt", around_attempt)


def around_publishing(_bus: object, event: Event) -> AbstractContextManager[Look]:
    """A span for an event that is put into the outbox."""
    return _producer(f"publish {type(event).__name__}", {"messaging.system": "outbox"})


def around_enqueuing(
    _backend: object, task: "Task[..., Any]", *_: object
) -> AbstractContextManager[Look]:
    """A span for a task that is enqueued."""
    return _producer(f"enqueue {task.name}", _queue(task.queue_name))


@contextmanager
def around_delivery(_bus: object, stored: OutboxEvent) -> Iterator[Look]:
    """A span for an attempt to deliver an event, of the trace in which it was published."""
    attributes = {"messaging.system": "outbox", "messaging.message.id": str(stored.event_id)}
    parent = _parent(stored.context)
    # The task that delivers it may be of another trace, which has published something as well.
    links = (Link(trace.get_current_span().get_span_context()),) if parent else ()
    name = f"deliver {stored.name}"
    with span(name, SpanKind.CONSUMER, attributes, context=parent, links=links) as current:
        yield look_away
        if stored.delivered_at is None:
            fail(current, "postponed")


@contextmanager
def around_attempt(_backend: object, db_task: DatabaseTask, *_: object) -> Iterator[Look]:
    """A span for an attempt to run a task, of the trace in which it was enqueued."""
    attributes = _queue(db_task.queue_name) | {"messaging.message.id": str(db_task.pk)}
    parent = _parent(db_task.kwargs_json.get(CONTEXT_ARGUMENT, {})) or Context()
    name = f"run {db_task.task_path.rpartition('.')[2]}"
    with span(name, SpanKind.CONSUMER, attributes, context=parent) as current:

        def look(result: "TaskResult[..., Any]") -> None:
            if result.status is not TaskResultStatus.SUCCESSFUL and result.errors:
                fail(current, result.errors[-1].exception_class_path)

        yield look


def _producer(name: str, attributes: Attributes) -> AbstractContextManager[Look]:
    return _telling(name, attributes) if is_traced() else NOTHING


@contextmanager
def _telling(name: str, attributes: Attributes) -> Iterator[Look]:
    """A span that is in the context of what is stored in its block."""
    carrier: dict[str, str] = {}
    with span(name, SpanKind.PRODUCER, attributes):
        propagator.inject(carrier)
        with bound_contextvars(traceparent=carrier["traceparent"]):
            yield look_away


def _parent(carried: Mapping[str, str]) -> Context | None:
    """The place in a trace that something was stored at, if it was in any."""
    return propagator.extract(carried) if "traceparent" in carried else None


def _queue(name: str) -> dict[str, str | int]:
    return {"messaging.system": "django_tasks", "messaging.destination.name": name}
