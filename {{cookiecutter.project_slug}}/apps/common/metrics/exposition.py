"""The figures, as Prometheus asks for them.

Several server processes that share `PROMETHEUS_MULTIPROC_DIR` answer for each other: whichever is
asked adds up what all of them have counted.
"""

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from prometheus_client import REGISTRY, CollectorRegistry, Metric, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from apps.common.fastpath.types import Application, Receive, Scope, Send
from apps.common.metrics.backlog import backlog
from apps.common.metrics.pools import watch

PATH = "/metrics"
TIMEOUT_SECONDS = 5  # for what servers are asked; Prometheus itself gives up after ten
FORWARDED = {b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-real-ip"}

log = structlog.stdlib.get_logger(__name__)

# Series that repeat when each other series began, which Prometheus does not use.
disable_created_metrics()


class Known(Collector):
    """Metrics that have been collected already."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """All of them."""
        return self._metrics


def registry(*more: Collector) -> CollectorRegistry:
    """What this process has counted, or the processes it shares a folder with, and more."""
    together = CollectorRegistry()
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        forget_dead_processes(Path(folder))
        MultiProcessCollector(together, folder)
    else:
        together.register(REGISTRY)
    for collector in more:
        together.register(collector)
    return together


def forget_dead_processes(folder: Path) -> None:
    """Drop how things stood in processes that are no more; what they have counted remains."""
    for process in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            mark_process_dead(process, str(folder))


class MetricsEndpoint:
    """Wraps an ASGI application, answering Prometheus in its place.

    Only who asks the process itself is answered. What has come through a proxy is left to the
    application, which knows no such address.
    """

    def __init__(self, application: Application) -> None:
        self.application = application
        watch.start()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with all figures; pass everything else on."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self.application(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if FORWARDED & headers.keys():
            await self.application(scope, receive, send)
            return
        encode, content_type = choose_encoder(headers.get(b"accept", b"").decode("latin-1"))
        together = registry(Known(await _backlog()))
        body = await sync_to_async(encode, thread_sensitive=False)(together)
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", content_type.encode()),
                    (b"cache-control", b"no-store"),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})


async def _backlog() -> list[Metric]:
    """What waits, unless looking takes too long: the other figures should not be lost with it."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await sync_to_async(_look, thread_sensitive=False)()
    except TimeoutError:
        log.warning("backlog not read in time")
        return []


def _look() -> list[Metric]:
    try:
        return backlog()
    finally:
        close_old_connections()
