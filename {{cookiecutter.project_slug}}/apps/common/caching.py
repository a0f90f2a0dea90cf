"""Reads whose results are kept in the cache until an event tells that they have changed.

Only where all processes share one cache: nobody could tell the memory of another process.
"""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import update_wrapper
from typing import Any, NamedTuple
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.cache import cache
from prometheus_client import Counter

from apps.common.ids import uuid7

TURN = 10
"""Seconds that one caller has for reading anew, before another one may."""
PATIENCE = 1.0
"""Seconds that the others wait for it when there is no older result."""
POLL_INTERVAL = 0.02  # seconds

READS = Counter("cached_reads", "Reads that may be answered by the cache.", ["read", "result"])


class Kept(NamedTuple):
    """A result in the cache.

    Attributes:
        value: What was read.
        change: Names the latest change that was known before; None if none was.
        fresh_until: Seconds since the epoch.
    """

    value: Any
    change: UUID | None
    fresh_until: float


class Cached[*Arguments, R]:
    """A read whose results are kept.

    When a result is too old, or what it shows has changed, one caller at a time reads anew. The
    others take the old result meanwhile, or wait for the new one if there is none.

    Args:
        read: Returns what can be pickled; depends on its arguments and the database alone.
        name: Begins the keys, and is the label of the metric.
        lifetime: How old a result may get if it is never told of a change.
    """

    def __init__(self, read: Callable[[*Arguments], R], name: str, lifetime: timedelta) -> None:
        update_wrapper(self, read)
        self.read = read
        self.name = name
        self.lifetime = lifetime.total_seconds()

    def __call__(self, *arguments: *Arguments) -> R:
        """What the read gives."""
        if not settings.CACHE_IS_SHARED:
            return self.read(*arguments)
        key = self._key(arguments)
        found = cache.get_many(_keys(key))
        if kept := self._fresh(key, found):
            return self._show(kept, "hit")
        if cache.add(f"{key}:turn", value=True, timeout=TURN):
            try:
                # Since this caller looked, another one may have had its turn.
                found = cache.get_many(_keys(key))
                if kept := self._fresh(key, found):
                    return self._show(kept, "hit")
                return self._read_anew(key, found.get(f"{key}:change"), arguments)
            finally:
                cache.delete(f"{key}:turn")
        kept = _wait_for(key)
        return self._show(kept, "stale") if kept else self.read(*arguments)

    async def find(self, *arguments: *Arguments) -> R:
        """What the read gives; a thread is needed only if the cache does not have it."""
        if settings.CACHE_IS_SHARED:
            key = self._key(arguments)
            if kept := self._fresh(key, await cache.aget_many(_keys(key))):
                return self._show(kept, "hit")
        return await sync_to_async(self)(*arguments)

    def invalidate(self, *arguments: *Arguments) -> None:
        """Tell that something has changed, and been committed.

        What is being read at this moment will not count as fresh either.
        """
        # As long as any result that it outdates.
        cache.set(f"{self._key(arguments)}:change", uuid7(), timeout=3 * self.lifetime)

    def _read_anew(self, key: str, change: UUID | None, arguments: tuple[*Arguments]) -> R:
        READS.labels(self.name, "miss").inc()
        value = self.read(*arguments)
        kept = Kept(value, change, time.time() + self.lifetime)
        cache.set(key, kept, timeout=2 * self.lifetime)
        return value

    def _fresh(self, key: str, found: Mapping[str, Any]) -> Kept | None:
        kept: Kept | None = found.get(key)
        if kept is None or kept.change != found.get(f"{key}:change"):
            return None
        return kept if time.time() < kept.fresh_until else None

    def _show(self, kept: Kept, result: str) -> R:
        READS.labels(self.name, result).inc()
        value: R = kept.value
        return value

    def _key(self, arguments: tuple[*Arguments]) -> str:
        return ":".join([self.name, *map(str, arguments)])


def cached[*Arguments, R](
    name: str, lifetime: timedelta
) -> Callable[[Callable[[*Arguments], R]], Cached[*Arguments, R]]:
    """Keep the results of the decorated function, as `Cached` does."""
    return lambda read: Cached(read, name, lifetime)


def _keys(key: str) -> list[str]:
    return [key, f"{key}:change"]


def _wait_for(key: str) -> Kept | None:
    """The latest result, or None when there is still none after a while."""
    deadline = time.monotonic() + PATIENCE
    while (kept := cache.get(key)) is None and time.monotonic() < deadline:
        time.sleep(POLL_INTERVAL)
    result: Kept | None = kept
    return result
