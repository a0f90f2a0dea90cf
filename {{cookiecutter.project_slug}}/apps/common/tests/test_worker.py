"""The worker: its threads against a source of tasks in memory, its processes against a database."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from django.db import OperationalError, connections
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_database_task.models import DatabaseTask
from pytest_django import DjangoDbBlocker

from apps.common.queues import Queue
from apps.common.schedule import Schedule
from apps.common.tests import worker_tasks
from apps.common.worker import Worker

ALIAS = "workers"
PATIENCE = 20  # seconds


def eventually[T](look: Callable[[], T]) -> T:
    """Wait until there is something to see."""
    deadline = time.monotonic() + PATIENCE
    while not (seen := look()):
        assert time.monotonic() < deadline, "It never happened."
        time.sleep(0.01)
    return seen


def read_until(words: str, worker: subprocess.Popen[str]) -> None:
    """Read a worker's log until it says so."""
    assert worker.stdout
    assert any(words in line for line in worker.stdout), "It never said so."


class Tasks:
    """A source of tasks: functions, one list for each queue."""

    claim_timeout = timedelta(seconds=0.04)

    def __init__(self, **queues: list[Callable[[], object]]) -> None:
        self.queues = queues
        self.beats = 0

    def run_next(self, *, worker_id: str, queue_name: str) -> object | None:
        if not self.queues[queue_name]:
            return None
        self.queues[queue_name].pop(0)()
        return "a result"

    def maintain(self) -> None:
        self.beats += 1


class AtOnce:
    """A time that has always just come."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime, /) -> datetime | None:
        return now if previous is None else None


class Run:
    """A worker at work in a thread."""

    def __init__(
        self,
        tasks: Tasks,
        *,
        schedule: Schedule | None = None,
        shutdown_timeout: float = PATIENCE,
    ) -> None:
        self.worker = Worker(
            tasks,
            queues=list(tasks.queues),
            schedule=schedule,
            poll_interval=0.01,
            shutdown_timeout=shutdown_timeout,
        )
        self.outcome: bool | None = None
        self.thread = Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        self.outcome = self.worker.run()

    def stop(self) -> bool | None:
        self.worker.stop()
        self.thread.join(PATIENCE)
        return self.outcome


def test_a_slow_task_delays_no_other_queue() -> None:
    slow_email, payment = Event(), Event()
    run = Run(Tasks(emails=[lambda: slow_email.wait(PATIENCE)], critical=[payment.set]))
    assert payment.wait(PATIENCE)
    slow_email.set()
    assert run.stop() is True


def test_the_worker_that_has_the_schedule_keeps_it() -> None:
    enqueued = Event()
    run = Run(Tasks(critical=[]), schedule=Schedule([(enqueued.set, AtOnce())]))
    assert enqueued.wait(PATIENCE)
    assert run.stop() is True


def test_an_error_of_the_database_is_survived() -> None:
    def lose_connection() -> None:
        raise OperationalError("the server closed the connection")

    next_task = Event()
    run = Run(Tasks(critical=[lose_connection, lose_connection, next_task.set]))
    assert next_task.wait(PATIENCE)
    assert run.stop() is True


def test_a_stopped_worker_starts_nothing_and_finishes_what_runs() -> None:
    begun, end = Event(), Event()
    finished: list[str] = []

    def running_task() -> None:
        begun.set()
        end.wait(PATIENCE)
        finished.append("the running task")

    tasks = Tasks(critical=[running_task, lambda: finished.append("the next task")])
    run = Run(tasks)
    begun.wait(PATIENCE)
    run.worker.stop()
    end.set()
    assert run.stop() is True
    assert finished == ["the running task"]


def test_claims_are_kept_until_the_last_task_has_finished() -> None:
    begun, end = Event(), Event()

    def running_task() -> None:
        begun.set()
        end.wait(PATIENCE)

    tasks = Tasks(critical=[running_task])
    run = Run(tasks)
    begun.wait(PATIENCE)
    run.worker.stop()
    beats = tasks.beats
    eventually(lambda: tasks.beats > beats + 2)
    end.set()
    assert run.stop() is True


def test_a_task_that_outlasts_the_shutdown_timeout_is_reported() -> None:
    begun, end = Event(), Event()

    def running_task() -> None:
        begun.set()
        end.wait(PATIENCE)

    run = Run(Tasks(critical=[running_task]), shutdown_timeout=0.05)
    begun.wait(PATIENCE)
    assert run.stop() is False
    end.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_loses_a_thread_stops_instead_of_serving_some_queues() -> None:
    run = Run(Tasks(critical=[sys.exit], emails=[]))
    run.thread.join(PATIENCE)
    assert run.outcome is False


class Workers:
    """Worker processes that serve a database file, and what is in it."""

    def __init__(self, folder: Path, manage: Path) -> None:
        self.folder = folder
        self.manage = manage
        self.tasks = DatabaseTask.objects.using(ALIAS)

    @contextmanager
    def start(self) -> Iterator[subprocess.Popen[str]]:
        """A worker process, until the block ends."""
        url = f"sqlite:///{connections[ALIAS].settings_dict['NAME']}"
        with subprocess.Popen(  # noqa: S603
            [sys.executable, self.manage, "worker", "--no-schedule", "--poll-interval=0.05"],
            env=os.environ | {"DATABASE_URL": url, "APP_TASK_CLAIM_TIMEOUT": "2"},
            text=True,
            stdout=subprocess.PIPE,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def enqueue(self) -> DatabaseTask:
        """Enqueue a task that waits for `let_go`."""
        return self.tasks.create(
            task_path=worker_tasks.wait_for_permission.module_path,
            queue_name=Queue.CRITICAL,
            args_json=[str(self.folder)],
            enqueued_at=timezone.now(),
            backend_name="default",
        )

    def running(self) -> set[int]:
        """The processes that have begun a waiting task."""
        return {int(path.name) for path in self.folder.iterdir() if path.name.isdecimal()}

    def let_go(self) -> None:
        """Let the waiting tasks end."""
        (self.folder / "go").touch()


@pytest.fixture
def workers(
    tmp_path: Path, pytestconfig: pytest.Config, django_db_blocker: DjangoDbBlocker
) -> Iterator[Workers]:
    # Processes share a file, not the test database: that is in memory, or in a transaction.
    connections.databases[ALIAS] = {
        **connections.databases["default"],
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path / "db.sqlite3"),
        "OPTIONS": {"timeout": PATIENCE},
    }
    with django_db_blocker.unblock():
        with connections[ALIAS].schema_editor() as editor:
            editor.create_model(DatabaseTask)
        yield Workers(tmp_path, pytestconfig.rootpath / "manage.py")
        connections[ALIAS].close()
    del connections[ALIAS]
    del connections.databases[ALIAS]


def test_the_task_of_a_killed_worker_is_finished_by_another(workers: Workers) -> None:
    task = workers.enqueue()
    with workers.start() as one, workers.start() as other:
        (victim,) = eventually(workers.running)
        os.kill(victim, signal.SIGKILL)

        eventually(lambda: workers.running() == {one.pid, other.pid})
        workers.let_go()
        eventually(lambda: workers.tasks.get(pk=task.pk).status == TaskResultStatus.SUCCESSFUL)
    assert len(workers.tasks.get(pk=task.pk).worker_ids_json) == 2


def test_a_terminated_worker_finishes_its_task_and_exits_with_success(workers: Workers) -> None:
    running, waiting = workers.enqueue(), workers.enqueue()
    with workers.start() as worker:
        eventually(workers.running)
        # Twice, as when the whole process group is told and its leader passes it on.
        worker.send_signal(signal.SIGTERM)
        worker.send_signal(signal.SIGTERM)
        read_until("worker stopping", worker)
        workers.let_go()
        assert worker.wait(PATIENCE) == 0
    assert workers.tasks.get(pk=running.pk).status == TaskResultStatus.SUCCESSFUL
    assert workers.tasks.get(pk=waiting.pk).status == TaskResultStatus.READY


def test_another_signal_a_second_later_ends_a_worker_at_once(workers: Workers) -> None:
    task = workers.enqueue()
    with workers.start() as worker:
        eventually(workers.running)
        worker.send_signal(signal.SIGTERM)
        read_until("worker stopping", worker)

        def insist() -> int | None:
            worker.send_signal(signal.SIGTERM)
            return worker.poll()

        assert eventually(insist) == -signal.SIGTERM
    assert workers.tasks.get(pk=task.pk).status == TaskResultStatus.RUNNING
