"""The event bus and its outbox, with a bus of the test's own."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from django_database_task.models import DatabaseTask
from pydantic import ValidationError
from pytest_django import DjangoCaptureOnCommitCallbacks
from structlog.contextvars import bound_contextvars, get_contextvars
from time_machine import TimeMachineFixture

from apps.common.events import MAX_ATTEMPTS, Event, EventBus
from apps.common.models import OutboxEvent
from apps.common.task_backends.base import default_backend
from apps.common.tests.worker_tasks import show_context

pytestmark = pytest.mark.django_db


class ShelfFilled(Event):
    shelf: str
    units: int

    @property
    def aggregate(self) -> str:
        return f"shelf:{self.shelf}"


class Recorder:
    """Remembers what it heard, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.heard: list[ShelfFilled] = []
        self.failures = 0

    def hear(self, event: ShelfFilled) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the shelf collapsed")
        self.heard.append(event)


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


@pytest.fixture
def recorder(bus: EventBus) -> Recorder:
    recorder = Recorder()
    bus.subscribe(ShelfFilled)(recorder.hear)
    return recorder


def test_an_event_reaches_its_handler_as_it_was_published(
    bus: EventBus, recorder: Recorder
) -> None:
    event = ShelfFilled(shelf="a", units=3)
    bus.publish(event)
    bus.deliver_pending()
    assert recorder.heard == [event]


def test_a_delivered_event_is_not_delivered_again(bus: EventBus, recorder: Recorder) -> None:
    bus.publish(ShelfFilled(shelf="a", units=3))
    bus.deliver_pending()
    bus.deliver_pending()
    assert len(recorder.heard) == 1


def test_an_event_dies_with_the_change_it_tells_of(bus: EventBus, recorder: Recorder) -> None:
    with transaction.atomic():
        bus.publish(ShelfFilled(shelf="a", units=3))
        transaction.set_rollback(True)
    bus.deliver_pending()
    assert recorder.heard == []


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_a_transaction_is_refused(bus: EventBus) -> None:
    with pytest.raises(TransactionManagementError):
        bus.publish(ShelfFilled(shelf="a", units=3))


def test_publishing_wakes_a_worker_after_the_commit(
    bus: EventBus, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        bus.publish(ShelfFilled(shelf="a", units=3))
        assert not DatabaseTask.objects.exists()
    assert DatabaseTask.objects.get().task_path == "apps.common.events.deliver_events"


def test_a_failed_event_is_tried_again_later(
    bus: EventBus, recorder: Recorder, time_machine: TimeMachineFixture
) -> None:
    recorder.failures = 1
    bus.publish(ShelfFilled(shelf="a", units=3))
    bus.deliver_pending()
    assert recorder.heard == []
    time_machine.move_to(timezone.now() + timedelta(seconds=3))
    bus.deliver_pending()
    assert len(recorder.heard) == 1


def test_events_of_one_aggregate_wait_for_the_failed_one(
    bus: EventBus, recorder: Recorder, time_machine: TimeMachineFixture
) -> None:
    recorder.failures = 1
    for units in (1, 2, 3):
        bus.publish(ShelfFilled(shelf="a", units=units))
    bus.deliver_pending()
    assert recorder.heard == []
    time_machine.move_to(timezone.now() + timedelta(seconds=3))
    bus.deliver_pending()
    assert [event.units for event in recorder.heard] == [1, 2, 3]


def test_events_of_other_aggregates_do_not_wait(bus: EventBus, recorder: Recorder) -> None:
    recorder.failures = 1
    bus.publish(ShelfFilled(shelf="a", units=1))
    bus.publish(ShelfFilled(shelf="b", units=2))
    bus.deliver_pending()
    assert [event.shelf for event in recorder.heard] == ["b"]


def test_a_handler_that_succeeded_is_not_repeated_for_one_that_failed(
    bus: EventBus, recorder: Recorder, time_machine: TimeMachineFixture
) -> None:
    class SecondRecorder(Recorder):
        def hear(self, event: ShelfFilled) -> None:
            super().hear(event)

    second = SecondRecorder()
    second.failures = 1
    bus.subscribe(ShelfFilled)(second.hear)
    bus.publish(ShelfFilled(shelf="a", units=1))
    bus.deliver_pending()
    time_machine.move_to(timezone.now() + timedelta(seconds=3))
    bus.deliver_pending()
    assert (len(recorder.heard), len(second.heard)) == (1, 1)


def test_what_a_failed_handler_wrote_is_rolled_back(bus: EventBus) -> None:
    @bus.subscribe(ShelfFilled)
    def write_and_fail(event: ShelfFilled) -> None:
        OutboxEvent.objects.create(name="Trace", aggregate="trace", payload={})
        raise RuntimeError

    bus.publish(ShelfFilled(shelf="a", units=1))
    bus.deliver_pending()
    assert not OutboxEvent.objects.filter(name="Trace").exists()


def test_an_event_is_abandoned_after_the_last_attempt(
    bus: EventBus, recorder: Recorder, time_machine: TimeMachineFixture
) -> None:
    recorder.failures = MAX_ATTEMPTS
    bus.publish(ShelfFilled(shelf="a", units=1))
    bus.publish(ShelfFilled(shelf="a", units=2))
    for _ in range(MAX_ATTEMPTS):
        bus.deliver_pending(limit=1)
        time_machine.move_to(timezone.now() + timedelta(minutes=10))
    abandoned = OutboxEvent.objects.get(abandoned_at__isnull=False)
    assert "the shelf collapsed" in abandoned.last_error
    bus.deliver_pending()
    assert [event.units for event in recorder.heard] == [2]


def test_a_stored_event_that_no_longer_fits_its_schema_is_not_handed_over(
    bus: EventBus, recorder: Recorder
) -> None:
    bus.publish(ShelfFilled(shelf="a", units=1))
    OutboxEvent.objects.update(payload={"shelf": "a"})
    bus.deliver_pending()
    assert recorder.heard == []
    assert "units" in OutboxEvent.objects.get().last_error


def test_an_async_handler_is_awaited(bus: EventBus) -> None:
    heard = []

    @bus.subscribe(ShelfFilled)
    async def listen(event: ShelfFilled) -> None:
        heard.append((event.units, await OutboxEvent.objects.acount()))

    bus.publish(ShelfFilled(shelf="a", units=1))
    bus.deliver_pending()
    assert heard == [(1, 1)]


def test_handlers_run_in_the_context_of_the_request_that_published(bus: EventBus) -> None:
    seen = {}

    @bus.subscribe(ShelfFilled)
    def look(event: ShelfFilled) -> None:
        seen.update(get_contextvars())

    with bound_contextvars(request_id="r-1", user_id="u-1"):
        bus.publish(ShelfFilled(shelf="a", units=1))
    with bound_contextvars(request_id="r-2", user_id="u-2", client_ip="192.0.2.2"):
        bus.deliver_pending()
    event_id = str(OutboxEvent.objects.get().event_id)
    assert seen == {"request_id": "r-1", "user_id": "u-1", "event_id": event_id}


def test_a_task_that_a_handler_enqueues_knows_the_event(
    bus: EventBus, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    seen = {}

    @bus.subscribe(ShelfFilled)
    def refill(event: ShelfFilled) -> None:
        seen["task"] = show_context.enqueue().id

    bus.publish(ShelfFilled(shelf="a", units=1))
    with django_capture_on_commit_callbacks(execute=True):
        bus.deliver_pending()
    default_backend().run_next(worker_id="a worker")
    event_id = str(OutboxEvent.objects.get().event_id)
    assert default_backend().get_result(seen["task"]).return_value == {"event_id": event_id}


def test_an_event_nobody_listens_to_counts_as_delivered(bus: EventBus) -> None:
    bus.publish(ShelfFilled(shelf="a", units=1))
    bus.deliver_pending()
    assert OutboxEvent.objects.get().delivered_at is not None


def test_an_event_with_a_field_too_many_is_refused() -> None:
    with pytest.raises(ValidationError):
        ShelfFilled.model_validate({"shelf": "a", "units": 1, "colour": "red"})
