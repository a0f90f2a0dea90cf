"""What others learn of the tasks: reports of failures, and figures."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import time_machine
from django.tasks import TaskResultStatus
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry
from pytest_django import Settings

from apps.common.task_backends.base import TaskBackend
from apps.common.task_backends.metrics import QueueCollector
from apps.common.tests import worker_tasks


class Listener(HTTPServer):
    """Hears what is posted to it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.answer = 204
        super().__init__(("127.0.0.1", 0), Hearing)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook?key=secret"


class Hearing(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Listener)
        self.server.heard.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        pass


@pytest.fixture
def webhook(settings: Settings) -> Iterator[Listener]:
    """Whom failures are reported to."""
    with Listener() as listener:
        settings.TASK_FAILURE_WEBHOOK = listener.url
        thread = Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        yield listener
        listener.shutdown()
        thread.join()


def fail(backend: TaskBackend, error: str) -> str:
    """Let a task raise an error; its id."""
    result = worker_tasks.fail.enqueue(error)
    backend.run_next(worker_id="a worker")
    return result.id


def sample(name: str) -> float:
    return REGISTRY.get_sample_value(name, {"queue": "critical"}) or 0


def test_a_failure_for_good_is_reported_without_what_may_be_secret(
    backend: TaskBackend, webhook: Listener
) -> None:
    task_id = fail(backend, "builtins.ValueError")
    (report,) = map(json.loads, webhook.heard)
    assert report.pop("failed_at")
    assert report == {
        "task_id": task_id,
        "task": "apps.common.tests.worker_tasks.fail",
        "queue": "critical",
        "attempts": 1,
        "error": "builtins.ValueError",
    }


def test_what_will_be_tried_again_is_not_reported(backend: TaskBackend, webhook: Listener) -> None:
    fail(backend, "apps.common.retries.TransientError")
    assert webhook.heard == []


@pytest.mark.parametrize("answer", [500, 404])
def test_a_report_that_is_refused_changes_nothing(
    backend: TaskBackend, webhook: Listener, answer: int, caplog: pytest.LogCaptureFixture
) -> None:
    webhook.answer = answer
    task_id = fail(backend, "builtins.ValueError")
    assert backend.get_result(task_id).status == TaskResultStatus.FAILED
    assert "failure not reported" in caplog.text
    assert "secret" not in caplog.text


def test_a_report_that_reaches_nobody_changes_nothing(
    backend: TaskBackend, settings: Settings
) -> None:
    settings.TASK_FAILURE_WEBHOOK = "http://127.0.0.1:1/"
    task_id = fail(backend, "builtins.ValueError")
    assert backend.get_result(task_id).status == TaskResultStatus.FAILED


def test_what_happens_to_tasks_is_counted(backend: TaskBackend) -> None:
    names = ("enqueued_total", "retries_total", "failures_total", "duration_seconds_count")
    before = [sample(f"tasks_{name}") for name in names]
    fail(backend, "builtins.ValueError")
    fail(backend, "apps.common.retries.TransientError")
    after = [sample(f"tasks_{name}") for name in names]
    assert [now - then for now, then in zip(after, before, strict=True)] == [2, 1, 1, 2]


def test_the_depth_of_a_queue_and_how_long_its_oldest_task_waits_are_gauges(
    backend: TaskBackend,
) -> None:
    registry = CollectorRegistry()
    registry.register(QueueCollector(backend.queue_states))
    with time_machine.travel(timezone.now(), tick=False) as clock:
        worker_tasks.show_context.enqueue()
        worker_tasks.show_context.using(run_after=timezone.now() + timedelta(hours=1)).enqueue()
        clock.shift(30)
        gauges = {
            (sample.name, sample.labels.get("state")): sample.value
            for family in registry.collect()
            for sample in family.samples
            if sample.labels["queue"] == "critical"
        }
    assert gauges == {
        ("tasks_depth", "due"): 1,
        ("tasks_depth", "delayed"): 1,
        ("tasks_depth", "running"): 0,
        ("tasks_depth", "failed"): 0,
        ("tasks_oldest_due_age_seconds", None): 30,
    }
