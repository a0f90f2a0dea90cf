"""How busy this process's pools of database connections are."""

import time
from threading import Lock, Thread
from typing import Protocol

import structlog
from django.db import connections
from prometheus_client import Counter, Gauge

INTERVAL = 5.0
"""Seconds between two looks."""

POOL = ("pool",)
CONNECTIONS = Gauge(
    "database_pool_connections",
    "Connections of a pool, by state.",
    ("pool", "state"),
    multiprocess_mode="livesum",
)
LIMIT = Gauge(
    "database_pool_max_connections",
    "Connections that a pool may have.",
    POOL,
    multiprocess_mode="livesum",
)
WAITING = Gauge(
    "database_pool_waiting",
    "Requests and tasks that wait for a connection.",
    POOL,
    multiprocess_mode="livesum",
)
# What psycopg calls it, and its unit in seconds where it is a time.
COUNTERS = {
    "requests_num": (Counter("database_pool_requests", "Connections asked for.", POOL), 1),
    "requests_queued": (Counter("database_pool_queued", "Had to wait for one.", POOL), 1),
    "requests_wait_ms": (Counter("database_pool_wait_seconds", "Waited for one.", POOL), 0.001),
    "requests_errors": (Counter("database_pool_timeouts", "Got none in time.", POOL), 1),
    "usage_ms": (Counter("database_pool_usage_seconds", "Connections in use.", POOL), 0.001),
    "connections_errors": (Counter("database_pool_failures", "Connecting failed.", POOL), 1),
    "connections_lost": (Counter("database_pool_lost", "Connections found broken.", POOL), 1),
}

log = structlog.stdlib.get_logger(__name__)


class Pool(Protocol):
    """A pool of psycopg's, for threads or for an event loop."""

    def pop_stats(self) -> dict[str, int]:
        """What has happened since the last call, and how things stand."""


class PoolWatch:
    """Looks at pools again and again.

    Not when Prometheus asks: with several server processes, only one of them is asked.
    """

    def __init__(self) -> None:
        self._pools: dict[str, Pool] = {}
        self._thread: Thread | None = None
        self._lock = Lock()

    def add(self, name: str, pool: Pool) -> None:
        """Watch another pool, in place of an earlier one of this name."""
        self._pools[name] = pool

    def start(self) -> None:
        """Look every few seconds for as long as the process lives."""
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._repeat, name="pool-watch", daemon=True)
                self._thread.start()

    def look(self) -> None:
        """Take down how things stand."""
        # Of the process, not of this thread. The public `pool` would make one where there is none.
        made: dict[str, Pool] = getattr(connections["default"], "_connection_pools", {})
        if "default" in made:
            self.add("requests", made["default"])
        for name, each in self._pools.copy().items():
            _take_down(name, each.pop_stats())

    def _repeat(self) -> None:
        while True:
            try:
                self.look()
            except Exception:
                log.exception("pools not looked at")
            time.sleep(INTERVAL)


def _take_down(pool: str, stats: dict[str, int]) -> None:
    idle = stats["pool_available"]
    CONNECTIONS.labels(pool, "idle").set(idle)
    CONNECTIONS.labels(pool, "used").set(stats["pool_size"] - idle)
    LIMIT.labels(pool).set(stats["pool_max"])
    WAITING.labels(pool).set(stats.get("requests_waiting", 0))
    for name, (counter, unit) in COUNTERS.items():
        counter.labels(pool).inc(stats.get(name, 0) * unit)


watch = PoolWatch()
