"""Django's cache in Redis, whatever its topology; while Redis is away, it is empty."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import Any, cast

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache as DjangoRedisCache
from django.core.cache.backends.redis import RedisSerializer
from prometheus_client import Counter

from apps.common.redis.connections import async_client, client
from apps.common.redis.outages import Dispensable

BATCH = 1000
HITS = Counter("cache_hits", "Keys that were found in the cache.")
MISSES = Counter("cache_misses", "Keys that were looked up in the cache in vain.")

outage = Dispensable("cache")


class CacheClient:
    """What Django's cache asks of Redis, on the clients of this process.

    What is done to several keys is one command for each of them, all sent at once, for they may be
    on different servers. Reads find nothing, and writes are lost, when Redis fails.
    """

    def __init__(self, _servers: Sequence[str], **_options: object) -> None:
        self._serializer = RedisSerializer()

    def get(self, key: str, default: Any) -> Any:  # noqa: ANN401 - any value
        """Look a key up."""
        return outage.ask(lambda: self._load(client().get(key), default), default)

    async def aget(self, key: str, default: Any) -> Any:  # noqa: ANN401 - any value
        """Look a key up."""

        async def look_up() -> Any:  # noqa: ANN401 - any value
            redis = await async_client()
            return self._load(await redis.get(key), default)

        return await outage.ask_async(look_up, default)

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """Look several keys up; what is missing is absent."""
        keys = list(keys)

        def look_up() -> dict[str, Any]:
            with client().pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.get(key)
                return self._load_all(keys, pipeline.execute())

        return outage.ask(look_up, {})

    async def aget_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """Look several keys up; what is missing is absent."""
        keys = list(keys)

        async def look_up() -> dict[str, Any]:
            redis = await async_client()
            async with redis.pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.get(key)
                return self._load_all(keys, await pipeline.execute())

        return await outage.ask_async(look_up, {})

    def has_key(self, key: str) -> bool:
        """Whether there is a key."""
        return outage.ask(lambda: bool(client().exists(key)), otherwise=False)

    def add(self, key: str, value: Any, timeout: int | None) -> bool:  # noqa: ANN401 - any value
        """Store what is not there yet; while Redis is away, nothing ever is."""
        if timeout == 0:
            return not self.has_key(key)
        data = self._serializer.dumps(value)

        def store() -> bool:
            return bool(client().set(key, data, ex=timeout, nx=True))

        return outage.ask(store, otherwise=True)

    def set(self, key: str, value: Any, timeout: int | None) -> None:  # noqa: ANN401 - any value
        """Store a value."""
        self.set_many({key: value}, timeout)

    def set_many(self, data: Mapping[str, Any], timeout: int | None) -> None:
        """Store several values."""

        def store() -> None:
            with client().pipeline(transaction=False) as pipeline:
                for key, value in data.items():
                    pipeline.set(key, self._serializer.dumps(value), ex=timeout)
                pipeline.execute()

        if timeout == 0:
            self.delete_many(data)
        else:
            outage.ask(store, None)

    def touch(self, key: str, timeout: int | None) -> bool:
        """Keep a value for so many seconds from now, or for good."""

        def keep() -> bool:
            return bool(client().persist(key) if timeout is None else client().expire(key, timeout))

        return outage.ask(keep, otherwise=False)

    def incr(self, key: str, delta: int) -> int:
        """Add to a number.

        Raises:
            ValueError: There is none, or Redis is away.
        """
        number = None
        if self.has_key(key):
            number = outage.ask(lambda: int(client().incrby(key, delta)), None)
        if number is None:
            raise ValueError(f"Key {key!r} not found.")
        return number

    def delete(self, key: str) -> bool:
        """Delete a key; whether there was one."""
        return outage.ask(lambda: bool(client().delete(key)), otherwise=False)

    def delete_many(self, keys: Iterable[str]) -> None:
        """Delete several keys."""

        def delete() -> None:
            with client().pipeline(transaction=False) as pipeline:
                for key in keys:
                    pipeline.delete(key)
                pipeline.execute()

        outage.ask(delete, None)

    def delete_matching(self, pattern: str) -> None:
        """Delete all keys of a pattern."""

        def delete() -> None:
            for keys in batched(client().scan_iter(pattern, count=BATCH), BATCH):
                self.delete_many(keys)

        outage.ask(delete, None)

    def _load_all(self, keys: Sequence[str], found: Sequence[bytes | None]) -> dict[str, Any]:
        missing = object()
        values = {key: self._load(data, missing) for key, data in zip(keys, found, strict=True)}
        return {key: value for key, value in values.items() if value is not missing}

    def _load(self, data: Any, default: Any) -> Any:  # noqa: ANN401 - any value
        if data is None:
            MISSES.inc()
            return default
        HITS.inc()
        return self._serializer.loads(data)


class RedisCache(DjangoRedisCache):
    """Django's, whose reads need no thread in asynchronous code.

    The option `longest` is the number of seconds that anything is kept at most.
    """

    _cache: CacheClient  # type: ignore[assignment]  # answers what Django's answers

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = CacheClient
        self._longest: int | None = params.get("OPTIONS", {}).get("longest")

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> int | None:  # noqa: ANN401 - as there
        """Seconds that a value is kept; None for good."""
        seconds = cast("int | None", super().get_backend_timeout(timeout))
        if self._longest is None:
            return seconds
        return self._longest if seconds is None else min(seconds, self._longest)

    async def aget(self, key: str, default: Any = None, version: int | None = None) -> Any:  # noqa: ANN401 - any value
        """Look a key up."""
        return await self._cache.aget(self.make_and_validate_key(key, version=version), default)

    async def aget_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        """Look several keys up; what is missing is absent."""
        names = {self.make_and_validate_key(key, version=version): key for key in keys}
        found = await self._cache.aget_many(names)
        return {names[key]: value for key, value in found.items()}

    def clear(self) -> None:
        """Delete the keys of this cache, and nothing else that Redis holds."""
        self._cache.delete_matching(f"{self.key_prefix}:*")
