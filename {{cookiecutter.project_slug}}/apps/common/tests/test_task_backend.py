import logging
from datetime import timedelta

import pytest
import time_machine
from django.tasks import TaskResultStatus, task_backends
from django.utils import timezone
from django_database_task.models import DatabaseTask

from apps.common import context
from apps.common.queues import Queue
from apps.common.task_backend import TOLERATED_DEATHS, RetryingDatabaseTaskBackend
from apps.common.tests import worker_tasks

TRANSIENT = "apps.common.retries.TransientError"
LOST_CONNECTION = "django.db.utils.OperationalError"

pytestmark = pytest.mark.django_db


@pytest.fixture
def backend() -> RetryingDatabaseTaskBackend:
    backend = task_backends["default"]
    assert isinstance(backend, RetryingDatabaseTaskBackend)
    return backend


def run_next(backend: RetryingDatabaseTaskBackend, queue: Queue | None = None) -> str:
    """Run one task; its status afterwards, or `idle` if none was due."""
    result = backend.run_next(worker_id="a worker", queue_name=queue)
    return "idle" if result is None else result.status


def abandon(task_id: str, *, attempts: int = 1) -> None:
    """Make a task look like one whose worker was killed some time ago."""
    DatabaseTask.objects.filter(pk=task_id).update(
        status=TaskResultStatus.RUNNING,
        last_attempted_at=timezone.now() - timedelta(minutes=2),
        worker_ids_json=["a dead worker"] * attempts,
    )


@pytest.mark.parametrize("error", [TRANSIENT, LOST_CONNECTION])
def test_a_transient_error_is_retried_after_one_two_and_four_minutes(
    backend: RetryingDatabaseTaskBackend, error: str
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        result = worker_tasks.fail.enqueue(error)
        for delay in (60, 120, 240):
            assert run_next(backend) == TaskResultStatus.READY
            clock.shift(delay - 1)
            assert run_next(backend) == "idle"
            clock.shift(1)
        assert run_next(backend) == TaskResultStatus.FAILED
        clock.shift(timedelta(days=1))
        assert run_next(backend) == "idle"
    result.refresh()
    assert [failure.exception_class_path for failure in result.errors] == [error] * 4


@pytest.mark.parametrize(
    "error", ["builtins.ValueError", "builtins.SystemExit", "asyncio.CancelledError"]
)
def test_any_other_error_ends_a_task_at_once(
    backend: RetryingDatabaseTaskBackend, error: str
) -> None:
    result = worker_tasks.fail.enqueue(error)

    assert run_next(backend) == TaskResultStatus.FAILED
    assert run_next(backend) == "idle"
    result.refresh()
    assert result.finished_at
    assert "raise import_string(error)" in result.errors[0].traceback


def test_a_retried_task_may_succeed(backend: RetryingDatabaseTaskBackend) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        result = worker_tasks.succeed_at.enqueue(attempt=2)
        run_next(backend)
        clock.shift(60)

        assert run_next(backend) == TaskResultStatus.SUCCESSFUL
    result.refresh()
    assert result.return_value == 2


def test_a_retry_is_a_warning_and_only_the_end_of_a_task_an_error(
    backend: RetryingDatabaseTaskBackend, caplog: pytest.LogCaptureFixture
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        worker_tasks.fail.enqueue(TRANSIENT)
        for delay in (60, 120, 240, 0):
            run_next(backend)
            clock.shift(delay)
    levels = [record.levelno for record in caplog.records if record.name.startswith("apps.")]
    assert levels == [logging.WARNING] * 3 + [logging.ERROR]


def test_a_coroutine_may_be_a_task(backend: RetryingDatabaseTaskBackend) -> None:
    result = worker_tasks.count_tasks.enqueue()
    run_next(backend)
    assert DatabaseTask.objects.get(pk=result.id).return_value_json == 1


def test_urgent_tasks_come_first_and_then_older_ones(backend: RetryingDatabaseTaskBackend) -> None:
    in_order_of_arrival = [
        worker_tasks.show_context.using(queue_name=queue, priority=queue.priority).enqueue()
        for queue in (Queue.ANALYTICS, Queue.EMAILS, Queue.CRITICAL, Queue.CRITICAL)
    ]
    report, mail, payment, next_payment = (result.id for result in in_order_of_arrival)

    run = [backend.run_next(worker_id="a worker") for _ in in_order_of_arrival]

    assert [result and result.id for result in run] == [payment, next_payment, mail, report]


def test_a_worker_of_one_queue_leaves_the_others_alone(
    backend: RetryingDatabaseTaskBackend,
) -> None:
    worker_tasks.show_context.using(queue_name=Queue.EMAILS).enqueue()

    assert run_next(backend, Queue.CRITICAL) == "idle"
    assert run_next(backend, Queue.EMAILS) == TaskResultStatus.SUCCESSFUL


def test_a_task_that_another_worker_has_claimed_is_left_to_it(
    backend: RetryingDatabaseTaskBackend,
) -> None:
    result = worker_tasks.show_context.enqueue()
    as_read_by_two_workers = DatabaseTask.objects.get(pk=result.id)
    run_next(backend)
    assert backend.run_task(as_read_by_two_workers, "another worker") is None


def test_a_task_runs_on_behalf_of_the_request_that_enqueued_it(
    backend: RetryingDatabaseTaskBackend,
) -> None:
    asking = {"request_id": "r-1", "user_id": "u-1", "client_ip": "192.0.2.1"}
    with context.restored(asking):
        result = worker_tasks.show_context.enqueue()

    run_next(backend)

    result.refresh()
    assert result.return_value == asking
    assert context.current() == {}


def test_a_task_that_this_release_does_not_know_waits_for_a_worker_that_does(
    backend: RetryingDatabaseTaskBackend,
) -> None:
    result = worker_tasks.show_context.enqueue()
    DatabaseTask.objects.filter(pk=result.id).update(
        task_path="apps.common.tests.worker_tasks.added_tomorrow"
    )
    assert run_next(backend) == TaskResultStatus.READY


def test_the_task_of_a_dead_worker_is_run_again(backend: RetryingDatabaseTaskBackend) -> None:
    abandon(worker_tasks.show_context.enqueue().id)
    assert run_next(backend) == "idle"

    backend.maintain()

    assert run_next(backend) == TaskResultStatus.SUCCESSFUL


def test_a_task_that_runs_for_long_is_not_taken_from_its_worker(
    backend: RetryingDatabaseTaskBackend,
) -> None:
    result = worker_tasks.run_beyond_the_claim_timeout.enqueue()
    run_next(backend)
    result.refresh()
    assert result.return_value == TaskResultStatus.RUNNING


def test_a_worker_that_was_taken_for_dead_leaves_the_outcome_to_its_successor(
    backend: RetryingDatabaseTaskBackend,
) -> None:
    result = worker_tasks.lose_the_claim.enqueue()
    run_next(backend)
    result.refresh()
    assert result.status == TaskResultStatus.RUNNING
    assert result.worker_ids[-1] == "another worker"


def test_deaths_of_workers_do_not_use_up_the_retries(backend: RetryingDatabaseTaskBackend) -> None:
    result = worker_tasks.show_context.enqueue()
    abandon(result.id, attempts=len(backend.retry_delays) + TOLERATED_DEATHS)
    backend.maintain()
    result.refresh()
    assert result.status == TaskResultStatus.READY


def test_a_task_that_kills_every_worker_is_given_up(backend: RetryingDatabaseTaskBackend) -> None:
    result = worker_tasks.show_context.enqueue()
    abandon(result.id, attempts=1 + len(backend.retry_delays) + TOLERATED_DEATHS)
    backend.maintain()
    result.refresh()
    assert result.status == TaskResultStatus.FAILED
