"""What is counted, and what Prometheus is told."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, Client
from prometheus_client import REGISTRY, CollectorRegistry, Histogram
from psycopg_pool import ConnectionPool
from pytest_django import DjangoCaptureOnCommitCallbacks
from structlog.testing import capture_logs

from apps.common import events
from apps.common.events import EventBus
from apps.common.metrics.backlog import backlog
from apps.common.metrics.exposition import Known, forget_dead_processes, registry
from apps.common.metrics.pools import PoolWatch
from apps.common.middleware import request_context
from apps.common.queues import Queue
from apps.common.tests import worker_tasks
from apps.common.tests.test_events import ShelfFilled
from config.asgi import application

COUNT = "http_request_duration_seconds_count"
COUNTS_SOMETHING = """
from prometheus_client import Counter, Gauge

Counter("sold", "Apples.").inc(3)
Gauge("shelved", "Apples.", multiprocess_mode="livesum").set(3)
"""

type Labels = dict[str, str]


def value(name: str, labels: Labels | None = None, told: CollectorRegistry = REGISTRY) -> float:
    """What a metric says now; of what nothing is said, there is nothing."""
    return told.get_sample_value(name, labels or {}) or 0


def growth(name: str, labels: Labels, act: Callable[[], object]) -> float:
    """By how much something makes a metric grow."""
    before = value(name, labels)
    act()
    return value(name, labels) - before


async def scrape(**headers: str) -> httpx.Response:
    """Ask as Prometheus does."""
    transport = httpx.ASGITransport(app=cast("Any", application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get("/metrics", headers=headers)


@pytest.mark.django_db
class TestRequests:
    @pytest.mark.parametrize("version", settings.API_VERSIONS)
    def test_one_is_counted_for_its_version_and_route(self, client: Client, version: str) -> None:
        address = f"api/{version}/products/"
        labels = {"version": version, "method": "GET", "route": address, "status": "2xx"}
        assert growth(COUNT, labels, lambda: client.get(f"/{address}")) == 1

    def test_all_unknown_addresses_are_one_route(self, client: Client) -> None:
        labels = {"version": "none", "method": "GET", "route": "api/<path:rest>", "status": "4xx"}

        def guess() -> None:
            for address in ("/api/a/", "/api/b/", "/api/v9/c/"):
                client.get(address)

        assert growth(COUNT, labels, guess) == 3

    def test_all_unknown_methods_are_one(self, client: Client) -> None:
        labels = {"version": "none", "method": "other", "route": "none", "status": "4xx"}

        def guess() -> None:
            for method in ("BREW", "WHEN"):
                client.generic(method, "/nothing/")

        assert growth(COUNT, labels, guess) == 2

    async def test_one_whose_client_hangs_up_is_counted(self) -> None:
        async def wait(_: HttpRequest) -> HttpResponse:
            raise asyncio.CancelledError

        labels = {"version": "none", "method": "GET", "route": "none", "status": "4xx"}
        before = value(COUNT, labels)
        with pytest.raises(asyncio.CancelledError):
            await request_context(wait)(AsyncRequestFactory().get("/"))
        assert value(COUNT, labels) == before + 1

    def test_one_that_cannot_be_counted_is_answered(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def observe(*_: object) -> None:
            raise OSError("No space left on device")

        monkeypatch.setattr(Histogram, "observe", observe)
        with capture_logs() as lines:
            assert client.get("/api/nothing/").status_code == 404
        assert "request not counted" in [line["event"] for line in lines]


@pytest.mark.django_db(transaction=True)
class TestEndpoint:
    async def test_it_tells_what_was_counted_and_what_waits(self) -> None:
        response = await scrape()
        assert response.status_code == 200
        for metric in ("http_request_duration_seconds", "tasks_depth", "outbox_pending"):
            assert f"# TYPE {metric} " in response.text

    async def test_it_speaks_openmetrics_to_who_does(self) -> None:
        response = await scrape(Accept="application/openmetrics-text; version=1.0.0")
        assert response.headers["Content-Type"].startswith("application/openmetrics-text")
        assert response.text.endswith("# EOF\n")

    @pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto"])
    async def test_who_comes_through_a_proxy_finds_nothing(self, header: str) -> None:
        assert (await scrape(**{header: "192.0.2.1"})).status_code == 404


@pytest.mark.django_db
class TestBacklog:
    def test_a_queue_in_which_nothing_waits_is_told_as_well(
        self, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            worker_tasks.show_context.enqueue()
        told = registry(Known(backlog()))
        due = {
            queue: value("tasks_depth", {"queue": queue, "state": "due"}, told) for queue in Queue
        }
        assert due == {Queue.CRITICAL: 1, Queue.EMAILS: 0, Queue.ANALYTICS: 0}
        assert value("backlog_readable", {"source": "queues"}, told) == 1

    def test_an_event_waits_until_it_is_delivered(self) -> None:
        bus = EventBus()
        bus.publish(ShelfFilled(shelf="a", units=3))
        told = registry(Known(backlog()))
        assert value("outbox_pending", told=told) == 1
        assert value("outbox_oldest_pending_age_seconds", told=told) > 0
        bus.deliver_pending()
        told = registry(Known(backlog()))
        assert value("outbox_pending", told=told) == 0
        assert value("outbox_oldest_pending_age_seconds", told=told) == 0

    def test_what_cannot_be_counted_is_named(self) -> None:
        with transaction.atomic(), capture_logs() as lines:
            transaction.set_rollback(True)  # From now on, the database refuses everything.
            told = registry(Known(backlog()))
        assert told.get_sample_value("backlog_readable", {"source": "outbox"}) == 0
        assert "backlog not readable" in [line["event"] for line in lines]


@pytest.mark.django_db
class TestEvents:
    labels: Labels = {"event": "ShelfFilled"}

    def test_one_counts_when_its_change_is_committed(
        self, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        def publish() -> None:
            with django_capture_on_commit_callbacks(execute=True):
                EventBus().publish(ShelfFilled(shelf="a", units=3))

        assert growth("events_published_total", self.labels, publish) == 1

    def test_one_does_not_count_when_its_change_is_undone(self) -> None:
        def publish() -> None:
            with transaction.atomic():
                EventBus().publish(ShelfFilled(shelf="a", units=3))
                transaction.set_rollback(True)

        assert growth("events_published_total", self.labels, publish) == 0

    def test_a_failed_delivery_counts_and_so_does_the_last(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_: ShelfFilled) -> None:
            raise RuntimeError

        bus = EventBus()
        bus.subscribe(ShelfFilled)(fail)
        bus.publish(ShelfFilled(shelf="a", units=3))
        assert growth("events_postponed_total", self.labels, bus.deliver_pending) == 1
        monkeypatch.setattr(events, "MAX_ATTEMPTS", 1)
        bus.publish(ShelfFilled(shelf="b", units=3))
        assert growth("events_abandoned_total", {}, bus.deliver_pending) == 1


class TestPools:
    def test_how_busy_a_pool_is_can_be_seen(self) -> None:
        watch = PoolWatch()
        watch.add("test", ConnectionPool("", open=False, min_size=1, max_size=7))
        watch.look()
        assert value("database_pool_max_connections", {"pool": "test"}) == 7
        assert value("database_pool_waiting", {"pool": "test"}) == 0

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has a pool")
    @pytest.mark.django_db(transaction=True)
    def test_a_connection_in_use_is_counted(self) -> None:
        connection.ensure_connection()
        PoolWatch().look()
        used = {"pool": "requests", "state": "used"}
        assert value("database_pool_connections", used) >= 1
        assert value("database_pool_requests_total", {"pool": "requests"}) >= 1


class TestSeveralProcesses:
    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """What they share; two have counted something, and are no more."""
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
        for _ in range(2):
            subprocess.run([sys.executable, "-c", COUNTS_SOMETHING], check=True)  # noqa: S603 - ours
        return tmp_path

    def test_each_tells_what_all_have_counted(self, folder: Path) -> None:
        assert value("sold_total", told=registry()) == 6

    def test_how_things_stood_in_a_dead_one_is_forgotten(self, folder: Path) -> None:
        own = folder / f"gauge_livesum_{os.getpid()}.db"
        next(folder.glob("gauge_livesum_*.db")).rename(own)
        assert value("shelved", told=registry()) == 3
        forget_dead_processes(folder)
        assert list(folder.glob("gauge_*.db")) == [own]
