"""Domain events: typed, stored with the change they tell of, delivered at least once.

A service publishes inside its transaction; the event waits in the outbox until a worker has run
every handler. Events of one aggregate arrive in the order they were published, and a handler that
succeeded is not run again when another one of the same event fails.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from inspect import iscoroutinefunction
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.transaction import TransactionManagementError
from django.tasks import task
from django.utils import timezone
from prometheus_client import Counter
from pydantic import BaseModel, ConfigDict

from apps.common import context
from apps.common.models import OutboxEvent
from apps.common.queues import Queue

MAX_ATTEMPTS = 10
MAX_DELAY = timedelta(minutes=10)
BATCH = 500

PENDING = Q(delivered_at=None, abandoned_at=None)

PUBLISHED = Counter("events_published", "Events whose change was committed.", ["event"])
POSTPONED = Counter("events_postponed", "Attempts to deliver that failed.", ["event"])
ABANDONED = Counter("events_abandoned", "Events that were given up.")

log = structlog.stdlib.get_logger(__name__)


class Event(BaseModel, ABC):
    """Something that happened; the class name is the event's name, the fields are its schema."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    @abstractmethod
    def aggregate(self) -> str:
        """The thing whose events must keep their order, such as `order:<public id>`."""


type Handler[E: Event] = Callable[[E], None] | Callable[[E], Awaitable[None]]


class EventBus:
    """Publishes events to the outbox and delivers them to the handlers subscribed to them."""

    def __init__(self) -> None:
        self._types: dict[str, type[Event]] = {}
        self._handlers: defaultdict[str, dict[str, Handler[Any]]] = defaultdict(dict)

    def subscribe[E: Event](self, event_type: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        """Register the decorated function, sync or async, for an event.

        The function runs inside the transaction that marks it done: what it writes happens exactly
        once; what it does outside the database must bear a repetition.
        """

        def register(handler: Handler[E]) -> Handler[E]:
            name = event_type.__name__
            self._types[name] = event_type
            self._handlers[name][f"{handler.__module__}.{handler.__qualname__}"] = handler
            return handler

        return register

    def publish(self, event: Event) -> None:
        """Store the event with the change it tells of, and wake a worker after the commit.

        Should the worker not be woken, the sweep in `apps.common.tasks` finds the event.

        Raises:
            TransactionManagementError: Outside a transaction, where the change could be lost and
                the event kept.
        """
        if not connection.in_atomic_block:
            raise TransactionManagementError("Events are published inside transaction.atomic().")
        name = type(event).__name__
        OutboxEvent.objects.create(
            name=name,
            aggregate=event.aggregate,
            payload=event.model_dump(mode="json"),
            context=context.current(),
        )
        transaction.on_commit(deliver_events.enqueue, robust=True)
        transaction.on_commit(PUBLISHED.labels(name).inc, robust=True)

    def deliver_pending(self, limit: int = BATCH) -> int:
        """Deliver what is due, oldest first; the number of delivery attempts made."""
        attempts = 0
        while attempts < limit and self._deliver_next():
            attempts += 1
        return attempts

    def _deliver_next(self) -> bool:
        with transaction.atomic():
            stored = self._lock_next()
            if stored is None:
                return False
            with context.restored(stored.context | {"event_id": str(stored.event_id)}):
                self._deliver(stored)
            stored.save()
        return True

    def _lock_next(self) -> OutboxEvent | None:
        """The oldest due event whose aggregate waits for no earlier one, locked."""
        earlier = OutboxEvent.objects.filter(
            PENDING, aggregate=OuterRef("aggregate"), id__lt=OuterRef("id")
        )
        due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=timezone.now())
        return (
            OutboxEvent.objects.select_for_update(
                skip_locked=connection.features.has_select_for_update_skip_locked, of=("self",)
            )
            .filter(PENDING, due, ~Exists(earlier))
            .order_by("id")
            .first()
        )

    def _deliver(self, stored: OutboxEvent) -> None:
        for name, handler in self._handlers[stored.name].items():
            if name in stored.handled_by:
                continue
            try:
                with transaction.atomic():
                    self._call(handler, self._types[stored.name].model_validate(stored.payload))
            except Exception as error:  # noqa: BLE001 - one handler's fault must not stop the rest
                self._postpone(stored, name, error)
                return
            stored.handled_by.append(name)
        stored.delivered_at = timezone.now()

    @staticmethod
    def _call(handler: Handler[Any], event: Event) -> None:
        if iscoroutinefunction(handler):
            async_to_sync(handler)(event)
        else:
            handler(event)

    @staticmethod
    def _postpone(stored: OutboxEvent, handler: str, error: Exception) -> None:
        stored.attempts += 1
        stored.last_error = f"{handler}: {error!r}"[:2000]
        if stored.attempts >= MAX_ATTEMPTS:
            stored.abandoned_at = timezone.now()
            ABANDONED.inc()
            log.error("event abandoned", event_name=stored.name, handler=handler, exc_info=error)
            return
        POSTPONED.labels(stored.name).inc()
        delay = min(timedelta(seconds=2**stored.attempts), MAX_DELAY)
        stored.next_attempt_at = timezone.now() + delay
        log.warning("event postponed", event_name=stored.name, handler=handler, exc_info=error)


bus = EventBus()


@task(queue_name=Queue.CRITICAL, priority=Queue.CRITICAL.priority)
def deliver_events() -> int:
    """Deliver the events that wait; the number of delivery attempts made."""
    return bus.deliver_pending()
