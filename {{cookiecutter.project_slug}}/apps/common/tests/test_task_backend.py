"""What tasks can rely on, whichever backend has them."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.tasks import TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist
from django.utils import timezone

from apps.common import context
from apps.common.ids import uuid7
from apps.common.queues import Queue
from apps.common.task_backends.base import TOLERATED_DEATHS, QueueState, TaskBackend
from apps.common.tests import worker_tasks

TRANSIENT = "apps.common.retries.TransientError"
LOST_CONNECTION = "django.db.utils.OperationalError"


def run_next(backend: TaskBackend, queue: Queue | None = None) -> str:
    """Run one task; its status afterwards, or `idle` if none was due."""
    result = backend.run_next(worker_id="a worker", queue_name=queue)
    return "idle" if result is None else result.status


def kill_workers(backend: TaskBackend, *, number: int = 1) -> None:
    """Let workers claim a task and die, one after the other; each time another one notices."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(number):
            assert backend._claim_next("a doomed worker", Queue.CRITICAL, 0)
            clock.shift(timedelta(minutes=2))
            backend.maintain()


@pytest.mark.parametrize("error", [TRANSIENT, LOST_CONNECTION])
def test_a_transient_error_is_retried_after_one_two_and_four_minutes(
    backend: TaskBackend, error: str
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
def test_any_other_error_ends_a_task_at_once(backend: TaskBackend, error: str) -> None:
    result = worker_tasks.fail.enqueue(error)

    assert run_next(backend) == TaskResultStatus.FAILED
    assert run_next(backend) == "idle"
    result.refresh()
    assert result.finished_at
    assert "raise import_string(error)" in result.errors[0].traceback


def test_a_retried_task_may_succeed(backend: TaskBackend) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        result = worker_tasks.succeed_at.enqueue(attempt=2)
        run_next(backend)
        clock.shift(60)

        assert run_next(backend) == TaskResultStatus.SUCCESSFUL
    result.refresh()
    assert result.return_value == 2


def test_a_retry_is_a_warning_and_only_the_end_of_a_task_an_error(
    backend: TaskBackend, caplog: pytest.LogCaptureFixture
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        worker_tasks.fail.enqueue(TRANSIENT)
        for delay in (60, 120, 240, 0):
            run_next(backend)
            clock.shift(delay)
    levels = [record.levelno for record in caplog.records if record.name.startswith("apps.")]
    assert levels == [logging.WARNING] * 3 + [logging.ERROR]


def test_a_coroutine_may_be_a_task(backend: TaskBackend) -> None:
    result = worker_tasks.count_events.enqueue()
    run_next(backend)
    assert backend.get_result(result.id).return_value == 0


def test_urgent_tasks_come_first_and_then_older_ones(backend: TaskBackend) -> None:
    in_order_of_arrival = [
        worker_tasks.show_context.using(queue_name=queue, priority=queue.priority).enqueue()
        for queue in (Queue.ANALYTICS, Queue.EMAILS, Queue.CRITICAL, Queue.CRITICAL)
    ]
    report, mail, payment, next_payment = (result.id for result in in_order_of_arrival)

    run = [backend.run_next(worker_id="a worker") for _ in in_order_of_arrival]

    assert [result and result.id for result in run] == [payment, next_payment, mail, report]


def test_a_worker_of_one_queue_leaves_the_others_alone(
    backend: TaskBackend,
) -> None:
    worker_tasks.show_context.using(queue_name=Queue.EMAILS).enqueue()

    assert run_next(backend, Queue.CRITICAL) == "idle"
    assert run_next(backend, Queue.EMAILS) == TaskResultStatus.SUCCESSFUL


def test_a_task_that_another_worker_has_claimed_is_left_to_it(backend: TaskBackend) -> None:
    worker_tasks.show_context.enqueue()
    backend._claim_next("another worker", Queue.CRITICAL, 0)
    assert run_next(backend) == "idle"


def test_a_task_runs_on_behalf_of_the_request_that_enqueued_it(
    backend: TaskBackend,
) -> None:
    asking = {"request_id": "r-1", "user_id": "u-1", "client_ip": "192.0.2.1"}
    with context.restored(asking):
        result = worker_tasks.show_context.enqueue()

    run_next(backend)

    result.refresh()
    assert result.return_value == asking
    assert context.current() == {}


def test_a_task_that_this_release_does_not_know_waits_for_a_worker_that_does(
    backend: TaskBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = worker_tasks.show_context.enqueue()
    monkeypatch.delattr(worker_tasks, "show_context")
    assert run_next(backend) == TaskResultStatus.READY
    assert backend.get_result(result.id).task is None


def test_the_task_of_a_dead_worker_is_run_again(backend: TaskBackend) -> None:
    worker_tasks.show_context.enqueue()
    kill_workers(backend)
    assert run_next(backend) == TaskResultStatus.SUCCESSFUL


def test_the_task_of_a_worker_that_shows_signs_of_life_is_not_taken_from_it(
    backend: TaskBackend,
) -> None:
    result = worker_tasks.run_beyond_the_claim_timeout.enqueue()
    run_next(backend)
    result.refresh()
    assert result.return_value == TaskResultStatus.RUNNING


def test_a_worker_that_was_taken_for_dead_leaves_the_outcome_to_its_successor(
    backend: TaskBackend,
) -> None:
    result = worker_tasks.lose_the_claim.enqueue()
    assert run_next(backend) == TaskResultStatus.RUNNING
    result.refresh()
    assert result.status == TaskResultStatus.RUNNING
    assert result.worker_ids[-1] == "another worker"


def test_a_task_that_is_handed_back_is_due_again_at_once(backend: TaskBackend) -> None:
    result = worker_tasks.be_handed_back.enqueue()
    assert run_next(backend) == TaskResultStatus.READY
    result.refresh()
    assert result.status == TaskResultStatus.READY
    assert backend.queue_states()[Queue.CRITICAL].due == 1


def test_deaths_of_workers_do_not_use_up_the_retries(backend: TaskBackend) -> None:
    result = worker_tasks.show_context.enqueue()
    kill_workers(backend, number=len(backend.retry_delays) + TOLERATED_DEATHS)
    result.refresh()
    assert result.status == TaskResultStatus.READY


def test_a_task_that_kills_every_worker_is_given_up(backend: TaskBackend) -> None:
    result = worker_tasks.show_context.enqueue()
    kill_workers(backend, number=1 + len(backend.retry_delays) + TOLERATED_DEATHS)
    result.refresh()
    assert result.status == TaskResultStatus.FAILED
    assert "7 workers were given this task" in result.errors[-1].traceback


def test_failed_tasks_are_listed_and_the_latest_comes_first(backend: TaskBackend) -> None:
    results = [
        worker_tasks.fail.using(queue_name=queue).enqueue("builtins.ValueError")
        for queue in (Queue.ANALYTICS, Queue.CRITICAL, Queue.EMAILS)
    ]
    for queue in (Queue.ANALYTICS, Queue.CRITICAL, Queue.EMAILS):
        run_next(backend, queue)
    latest_first = [result.id for result in reversed(results)]
    assert [str(db_task.pk) for db_task in backend.failed(limit=9)] == latest_first
    assert [str(db_task.pk) for db_task in backend.failed(limit=1)] == latest_first[:1]


def test_a_failed_task_that_is_requeued_has_all_its_attempts_again(backend: TaskBackend) -> None:
    result = worker_tasks.fail.enqueue("builtins.ValueError")
    run_next(backend)

    assert backend.requeue(result.id)

    assert backend.failed(limit=1) == []
    result.refresh()
    assert (result.status, result.attempts, result.errors) == (TaskResultStatus.READY, 0, [])
    assert run_next(backend) == TaskResultStatus.FAILED


def test_only_a_task_that_has_failed_is_requeued(backend: TaskBackend) -> None:
    result = worker_tasks.show_context.enqueue()
    assert not backend.requeue(result.id)
    run_next(backend)
    assert not backend.requeue(result.id)
    with pytest.raises(TaskResultDoesNotExist):
        backend.requeue(str(uuid7()))


def test_the_state_of_a_queue_is_known(backend: TaskBackend) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        worker_tasks.fail.enqueue("builtins.ValueError")
        worker_tasks.fail.enqueue(TRANSIENT)
        run_next(backend)
        run_next(backend)
        for _ in range(3):
            worker_tasks.show_context.enqueue()
        backend._claim_next("a worker", Queue.CRITICAL, 0)
        enqueued_at = timezone.now()
        clock.shift(10)
        state = backend.queue_states()[Queue.CRITICAL]
    assert state == QueueState(due=2, delayed=1, running=1, failed=1, oldest_due=enqueued_at)


def test_a_task_that_is_to_run_later_waits(backend: TaskBackend) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        later = timezone.now() + timedelta(hours=1)
        worker_tasks.show_context.using(run_after=later).enqueue()
        assert run_next(backend) == "idle"
        clock.shift(timedelta(hours=1))
        assert run_next(backend) == TaskResultStatus.SUCCESSFUL
