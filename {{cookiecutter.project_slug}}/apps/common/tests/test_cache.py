"""The cache in Redis, and while Redis is away."""

import asyncio

import pytest
from django.contrib.sessions.backends.cached_db import SessionStore
from django.core.cache import cache, caches
from prometheus_client import REGISTRY
from pytest_django import Settings

from apps.common.redis.connections import client
from conftest import needs_redis


def count(metric: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"{metric}_total", labels) or 0


@needs_redis
class TestRedis:
    def test_values_are_kept(self) -> None:
        cache.set("key", {"any": ["value"]})
        assert cache.get("key") == {"any": ["value"]}
        assert cache.has_key("key")
        assert cache.get("other", "default") == "default"

    def test_values_expire(self) -> None:
        cache.set("key", 1, timeout=100)
        assert 0 < client().ttl(cache.make_key("key")) <= 100
        assert cache.touch("key", timeout=None)
        assert client().ttl(cache.make_key("key")) == -1
        cache.set("key", 1, timeout=0)
        assert not cache.has_key("key")
        assert not cache.touch("key")

    def test_some_things_are_never_kept_for_long(self) -> None:
        sessions = caches["sessions"]
        for timeout in (None, 10_000):
            sessions.set("key", 1, timeout=timeout)
            assert 0 < client().ttl(sessions.make_key("key")) <= 300
        sessions.set("key", 1, timeout=100)
        assert 0 < client().ttl(sessions.make_key("key")) <= 100

    def test_the_first_to_add_a_value_wins(self) -> None:
        assert cache.add("key", 1)
        assert not cache.add("key", 2)
        assert not cache.add("key", 2, timeout=0)
        assert cache.get("key") == 1

    def test_numbers_are_counted(self) -> None:
        cache.set("key", 1)
        assert cache.incr("key", 2) == 3
        assert cache.decr("key") == 2
        with pytest.raises(ValueError, match="not found"):
            cache.incr("other")

    def test_many_keys_are_used_at_once_wherever_they_are(self) -> None:
        values = {f"key-{number}": number for number in range(20)}
        assert cache.set_many(values, timeout=100) == []
        assert cache.get_many([*values, "other"]) == values
        cache.delete_many(["key-1", "other"])
        assert cache.get_many(["key-1", "key-2"]) == {"key-2": 2}
        cache.set_many({"key-2": 2}, timeout=0)
        assert cache.get("key-2") is None

    def test_a_key_is_deleted_once(self) -> None:
        cache.set("key", 1)
        assert cache.delete("key")
        assert not cache.delete("key")

    def test_clearing_it_leaves_alone_what_else_redis_holds(self, settings: Settings) -> None:
        queue = f"{settings.REDIS_PREFIX}:tasks"
        client().set(queue, 1)
        cache.set_many({"one": 1, "two": 2})
        cache.clear()
        assert cache.get_many(["one", "two"]) == {}
        assert client().exists(queue)

    def test_event_loops_read_it_as_threads_do(self) -> None:
        async def read() -> tuple[object, ...]:
            return (
                await cache.aget("one"),
                await cache.aget("three", "default"),
                await cache.aget_many(["one", "two", "three"]),
            )

        cache.set_many({"one": 1, "two": 2})
        assert asyncio.run(read()) == (1, "default", {"one": 1, "two": 2})

    def test_hits_and_misses_are_counted(self) -> None:
        before = count("cache_hits"), count("cache_misses")
        cache.set("key", 1)
        cache.get("key")
        cache.get_many(["key", "other"])
        assert (count("cache_hits"), count("cache_misses")) == (before[0] + 2, before[1] + 1)


@pytest.mark.usefixtures("redis_is_away")
class TestRedisIsAway:
    def test_reads_find_nothing_and_writes_are_lost(self) -> None:
        cache.set("key", 1)
        assert cache.get("key", "default") == "default"
        assert cache.get_many(["key"]) == {}
        assert not cache.has_key("key")
        assert not cache.delete("key")
        assert not cache.touch("key")
        cache.delete_many(["key"])
        cache.clear()
        with pytest.raises(ValueError, match="not found"):
            cache.incr("key")

    def test_nothing_is_taken_yet(self) -> None:
        assert cache.add("key", 1)

    def test_event_loops_find_nothing_either(self) -> None:
        async def read() -> tuple[object, ...]:
            return await cache.aget("key", "default"), await cache.aget_many(["key"])

        assert asyncio.run(read()) == ("default", {})

    def test_it_is_logged_once_and_counted_every_time(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        before = count("redis_unanswered", purpose="cache")
        for _ in range(5):
            cache.get("key")
        assert count("redis_unanswered", purpose="cache") == before + 5
        assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1

    @pytest.mark.django_db
    def test_sessions_are_in_the_database_as_well(self) -> None:
        session = SessionStore()
        session["cart"] = 7
        session.save()
        assert SessionStore(session.session_key)["cart"] == 7
