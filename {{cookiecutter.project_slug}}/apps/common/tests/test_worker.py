"""The worker: its threads against a source of tasks in memory, its processes against a database."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.tasks import TaskResult, TaskResultStatus

from apps.common.queues import Queue
from apps.common.schedule import Schedule
from apps.common.task_backends.base import TaskBackend
from apps.common.task_backends.redis import RedisBackend
from apps.common.tests import worker_tasks
from apps.common.worker import Worker
from config.environment import BASE_DIR
from tests.processes import database_url, free_port

PATIENCE = 60  # seconds


def eventually[T](look: Callable[[], T]) -> T:
    """Wait until there is something to see."""
    deadline = time.monotonic() + PATIENCE
    while not (seen := look()):
        assert time.monotonic() < deadline, "It never happened."
        time.sleep(0.01)
    return seen


def read_until(words: str, worker: subprocess.Popen[str]) -> str:
    """Read a worker's log until it says so, and return that line."""
    assert worker.stdout
    return next(line for line in worker.stdout if words in line)


class Tasks:
    """A source of tasks: functions, one list for each queue."""

    claim_timeout = timedelta(seconds=0.04)

    def __init__(self, **queues: list[Callable[[], object]]) -> None:
        self.queues = queues
        self.beats = 0
        self.threads: set[str] = set()
        self.handed_back = False

    def run_next(self, *, worker_id: str, queue_name: str, wait: float) -> object | None:
        self.threads.add(worker_id)
        if not self.queues[queue_name]:
            return None
        self.queues[queue_name].pop(0)()
        return "a result"

    def maintain(self) -> None:
        self.beats += 1

    def hand_back(self) -> None:
        self.handed_back = True


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
        threads: int = 1,
        schedule: Schedule | None = None,
        shutdown_timeout: float = PATIENCE,
    ) -> None:
        self.worker = Worker(
            tasks,
            queues=dict.fromkeys(tasks.queues, threads),
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


def test_a_task_that_outlasts_the_shutdown_timeout_is_reported_and_handed_back() -> None:
    begun, end = Event(), Event()

    def running_task() -> None:
        begun.set()
        end.wait(PATIENCE)

    tasks = Tasks(critical=[running_task])
    run = Run(tasks, shutdown_timeout=0.05)
    begun.wait(PATIENCE)
    assert run.stop() is False
    assert tasks.handed_back
    end.set()


def test_a_queue_may_have_several_threads() -> None:
    meeting = Barrier(3)
    tasks = Tasks(critical=[lambda: meeting.wait(PATIENCE) for _ in range(3)])
    run = Run(tasks, threads=3)
    eventually(lambda: not tasks.queues["critical"])
    assert run.stop() is True
    assert not tasks.handed_back
    assert len(tasks.threads) == 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_loses_a_thread_stops_instead_of_serving_some_queues() -> None:
    run = Run(Tasks(critical=[sys.exit], emails=[]))
    run.thread.join(PATIENCE)
    assert run.outcome is False


class Workers:
    """Worker processes that share queues, and what is in these."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self._environment = os.environ | {"APP_TASK_CLAIM_TIMEOUT": "2", **environment}

    @contextmanager
    def start(
        self, *arguments: str, schedule: str = "--no-schedule"
    ) -> Iterator[subprocess.Popen[str]]:
        """A worker process, until the block ends."""
        command = ("manage.py", "worker", schedule, "--poll-interval=0.05", *arguments)
        with subprocess.Popen(  # noqa: S603
            [sys.executable, *command],
            cwd=BASE_DIR,
            env=self._environment,
            text=True,
            stdout=subprocess.PIPE,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def running(self) -> set[int]:
        """The processes that have begun a waiting task."""
        return {int(path.name) for path in self.folder.iterdir() if path.name.isdecimal()}

    def let_go(self) -> None:
        """Let the waiting tasks end."""
        (self.folder / "go").touch()


def enqueue(workers: Workers, queue: Queue = Queue.CRITICAL) -> "TaskResult[..., Any]":
    """Enqueue a task that waits for `let_go`."""
    return worker_tasks.wait_for_permission.using(queue_name=queue).enqueue(str(workers.folder))


def has_succeeded(result: "TaskResult[..., Any]") -> bool:
    result.refresh()
    return result.status == TaskResultStatus.SUCCESSFUL


@pytest.fixture
def workers(tmp_path: Path, transactional_db: None, backend: TaskBackend) -> Workers:
    redis = settings.REDIS_URL if isinstance(backend, RedisBackend) else None
    return Workers(tmp_path, DATABASE_URL=database_url(), REDIS_URL=redis or "")


def test_the_task_of_a_killed_worker_is_finished_by_another(workers: Workers) -> None:
    result = enqueue(workers)
    with workers.start() as one, workers.start() as other:
        (victim,) = eventually(workers.running)
        os.kill(victim, signal.SIGKILL)

        eventually(lambda: workers.running() == {one.pid, other.pid})
        workers.let_go()
        eventually(lambda: has_succeeded(result))
    assert result.attempts == 2


def test_a_terminated_worker_finishes_its_task_and_exits_with_success(workers: Workers) -> None:
    running, waiting = enqueue(workers), enqueue(workers)
    with workers.start() as worker:
        eventually(workers.running)
        # Twice, as when the whole process group is told and its leader passes it on.
        worker.send_signal(signal.SIGTERM)
        worker.send_signal(signal.SIGTERM)
        read_until("worker stopping", worker)
        workers.let_go()
        assert worker.wait(PATIENCE) == 0
    assert has_succeeded(running)
    assert not has_succeeded(waiting)
    assert waiting.attempts == 0


def test_a_terminated_worker_hands_back_what_it_cannot_finish(workers: Workers) -> None:
    result = enqueue(workers)
    with workers.start("--shutdown-timeout=0.1") as worker:
        eventually(workers.running)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 1
    result.refresh()
    assert result.status == TaskResultStatus.READY


def test_another_signal_a_second_later_ends_a_worker_at_once(workers: Workers) -> None:
    result = enqueue(workers)
    with workers.start() as worker:
        eventually(workers.running)
        worker.send_signal(signal.SIGTERM)
        read_until("worker stopping", worker)

        def insist() -> int | None:
            worker.send_signal(signal.SIGTERM)
            return worker.poll()

        assert eventually(insist) == -signal.SIGTERM
    result.refresh()
    assert result.status == TaskResultStatus.RUNNING


def test_a_worker_of_one_queue_leaves_the_others_alone(workers: Workers) -> None:
    workers.let_go()
    payment, email = enqueue(workers, Queue.CRITICAL), enqueue(workers, Queue.EMAILS)
    with workers.start("--queue=emails=2"):
        eventually(lambda: has_succeeded(email))
    payment.refresh()
    assert payment.attempts == 0


def test_several_workers_run_each_task_once(workers: Workers) -> None:
    results = [
        worker_tasks.sign.enqueue(str(workers.folder / "signatures"), str(number))
        for number in range(60)
    ]
    critical = "--queue=critical=2"
    with workers.start(critical), workers.start(critical), workers.start(critical):
        eventually(lambda: all(map(has_succeeded, results)))
    signatures = (workers.folder / "signatures").read_text().split()
    assert sorted(signatures, key=int) == [str(number) for number in range(60)]
    assert {result.attempts for result in results} == {1}


def test_a_worker_answers_prometheus(workers: Workers) -> None:
    workers.let_go()
    result = enqueue(workers)
    port = free_port()
    with workers.start(f"--metrics-port={port}"):
        eventually(lambda: has_succeeded(result))
        told = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'tasks_duration_seconds_count{queue="critical"} 1.0' in told


def test_a_worker_that_finishes_its_last_task_is_alive_and_not_ready(workers: Workers) -> None:
    enqueue(workers)
    port = free_port()

    def status(path: str) -> int:
        return httpx.get(f"http://127.0.0.1:{port}{path}").status_code

    with workers.start(f"--metrics-port={port}") as worker:
        eventually(workers.running)
        assert (status("/livez"), status("/readyz"), status("/")) == (200, 200, 404)
        worker.send_signal(signal.SIGTERM)
        read_until("worker stopping", worker)
        assert (status("/livez"), status("/readyz")) == (200, 503)
        workers.let_go()
        assert worker.wait(PATIENCE) == 0


def test_a_worker_may_keep_nothing_but_the_schedule(workers: Workers) -> None:
    workers.let_go()
    result = enqueue(workers)
    with workers.start(schedule="--schedule-only") as scheduler:
        started = json.loads(read_until("worker started", scheduler))
        scheduler.send_signal(signal.SIGTERM)
        assert scheduler.wait(PATIENCE) == 0
    assert started["queues"] == {}
    assert started["scheduled_tasks"] > 0
    assert not has_succeeded(result)


def test_a_worker_with_nothing_but_the_schedule_serves_no_queue() -> None:
    with pytest.raises(CommandError, match="--queue"):
        call_command("worker", "--schedule-only", "--queue=emails")


@pytest.mark.parametrize("queue", ["letters", "emails=0", "emails=many"])
def test_a_queue_that_does_not_exist_is_not_served(queue: str) -> None:
    with pytest.raises(CommandError, match="--queue"):
        call_command("worker", f"--queue={queue}")
