"""What is different for tasks in Redis: how they leave the database, and come back from there."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_database_task.models import DatabaseTask
from pytest_django import Settings

from apps.common.queues import Queue
from apps.common.redis.connections import client
from apps.common.task_backends.base import KEEP_FINISHED, default_backend
from apps.common.task_backends.database import DatabaseBackend
from apps.common.task_backends.redis import RedisBackend
from apps.common.tests import worker_tasks
from conftest import needs_redis

pytestmark = [needs_redis, pytest.mark.django_db(transaction=True)]

PREFIX = f"{settings.REDIS_PREFIX}:tasks"
NOBODY = "redis://127.0.0.1:1"
"""Where no server is: the port is reserved."""


@pytest.fixture
def backend() -> RedisBackend:
    backend = default_backend()
    assert isinstance(backend, RedisBackend)
    return backend


@pytest.fixture
def outage(settings: Settings) -> Iterator[Callable[[], None]]:
    """Redis is away until this is called."""
    there = settings.REDIS_URL
    settings.REDIS_URL = NOBODY

    def end() -> None:
        settings.REDIS_URL = there

    yield end
    end()


def run_next(backend: RedisBackend) -> str:
    result = backend.run_next(worker_id="a worker")
    return "idle" if result is None else result.status


def test_a_task_is_sent_when_its_transaction_is_committed(backend: RedisBackend) -> None:
    with transaction.atomic():
        result = worker_tasks.show_context.enqueue()
        assert run_next(backend) == "idle"
        result.refresh()
        assert result.status == TaskResultStatus.READY
    assert run_next(backend) == TaskResultStatus.SUCCESSFUL


def test_a_task_ends_with_a_transaction_that_is_rolled_back(backend: RedisBackend) -> None:
    with transaction.atomic():
        worker_tasks.show_context.enqueue()
        transaction.set_rollback(True)
    backend.resend(after=timedelta(0))
    assert run_next(backend) == "idle"


def test_a_task_outside_of_any_transaction_costs_the_database_nothing(
    backend: RedisBackend,
) -> None:
    worker_tasks.show_context.enqueue()
    assert not DatabaseTask.objects.exists()


def test_a_task_that_redis_loses_before_it_has_run_is_sent_again(backend: RedisBackend) -> None:
    with transaction.atomic():
        worker_tasks.show_context.enqueue()
    for key in client().scan_iter("*:tasks:*"):
        client().delete(key)
    assert run_next(backend) == "idle"

    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        backend.maintain()

    assert run_next(backend) == TaskResultStatus.SUCCESSFUL


def test_a_task_that_is_sent_again_though_it_has_arrived_runs_once(backend: RedisBackend) -> None:
    with transaction.atomic():
        worker_tasks.show_context.enqueue()
    backend.resend(after=timedelta(0))
    run_next(backend)
    backend.resend(after=timedelta(0))
    assert run_next(backend) == "idle"


def test_the_database_forgets_a_task_when_it_has_finished(backend: RedisBackend) -> None:
    with transaction.atomic():
        result = worker_tasks.show_context.enqueue()
    backend.resend(after=timedelta(0))
    assert DatabaseTask.objects.exists()
    run_next(backend)
    backend.resend(after=timedelta(0))
    assert not DatabaseTask.objects.exists()
    result.refresh()
    assert result.status == TaskResultStatus.SUCCESSFUL


@pytest.mark.parametrize("around", [transaction.atomic, nullcontext])
def test_what_is_enqueued_while_redis_is_away_runs_when_it_is_back(
    backend: RedisBackend,
    outage: Callable[[], None],
    around: Callable[[], AbstractContextManager[None]],
) -> None:
    with around():
        result = worker_tasks.show_context.enqueue()
    assert result.status == TaskResultStatus.READY
    outage()

    backend.resend(after=timedelta(0))

    assert run_next(backend) == TaskResultStatus.SUCCESSFUL


def test_an_outcome_outlives_an_outage_that_begins_before_it_is_stored(
    backend: RedisBackend,
) -> None:
    worker_tasks.cut_the_line_to_redis.enqueue()
    assert run_next(backend) == TaskResultStatus.SUCCESSFUL


def test_what_waited_in_the_database_before_there_was_redis_is_run(backend: RedisBackend) -> None:
    before = DatabaseBackend("default", {"QUEUES": list(Queue)})
    result = before.enqueue(worker_tasks.show_context, (), {})
    backend.resend(after=timedelta(0))
    run_next(backend)
    assert backend.get_result(result.id).status == TaskResultStatus.SUCCESSFUL


def test_an_idle_worker_is_told_of_a_task(backend: RedisBackend) -> None:
    worker_tasks.show_context.enqueue()
    assert client().llen(f"{PREFIX}:{{critical}}:bell") == 1
    run_next(backend)
    run_next(backend)
    assert client().llen(f"{PREFIX}:{{critical}}:bell") == 0


def test_what_has_finished_is_forgotten_after_a_week(backend: RedisBackend) -> None:
    done = worker_tasks.show_context.enqueue()
    failed = worker_tasks.fail.enqueue("builtins.ValueError")
    for result in (done, failed):
        run_next(backend)
        lifetime = client().ttl(f"{PREFIX}:{{critical}}:task:{result.id}")
        assert timedelta(seconds=lifetime) == pytest.approx(KEEP_FINISHED, abs=timedelta(minutes=1))
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        backend.maintain()
    assert backend.queue_states()[Queue.CRITICAL].failed == 0


def test_what_waits_is_never_forgotten(backend: RedisBackend) -> None:
    result = worker_tasks.fail.enqueue("builtins.ValueError")
    key = f"{PREFIX}:{{critical}}:task:{result.id}"
    assert client().ttl(key) == -1
    run_next(backend)
    backend.requeue(result.id)
    assert client().ttl(key) == -1


def test_a_task_without_its_fields_blocks_nobody(backend: RedisBackend) -> None:
    lost, kept = worker_tasks.show_context.enqueue(), worker_tasks.show_context.enqueue()
    client().delete(f"{PREFIX}:{{critical}}:task:{lost.id}")
    assert [run_next(backend) for _ in range(2)] == ["idle", TaskResultStatus.SUCCESSFUL]
    kept.refresh()
    assert kept.status == TaskResultStatus.SUCCESSFUL
