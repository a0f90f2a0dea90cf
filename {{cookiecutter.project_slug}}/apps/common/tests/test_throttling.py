"""Rate limits."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import async_to_sync
from limits import parse
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.common.redis.connections import client
from apps.common.redis.counters import RedisCounters
from apps.common.throttling import Counters, MemoryCounters, judge
from config.environment import BASE_DIR
from conftest import needs_redis

LIMIT = parse("20/day")


@pytest.fixture(
    params=[
        pytest.param(MemoryCounters, id="memory"),
        pytest.param(RedisCounters, id="redis", marks=needs_redis),
    ]
)
def counters(request: pytest.FixtureRequest) -> Counters:
    """Counters of each kind there is."""
    found: Counters = request.param()
    return found


def admitted(counters: Counters, requests: int, caller: str = "ada") -> int:
    """How many of so many requests, made at once, are admitted."""
    with ThreadPoolExecutor(8) as pool:
        counts = pool.map(lambda _: counters.count(LIMIT, "test", caller), range(requests))
        return sum(count is not None and count.is_admitted for count in counts)


def test_no_more_requests_are_admitted_than_the_limit(counters: Counters) -> None:
    assert admitted(counters, 50) == 20


def test_callers_are_counted_apart(counters: Counters) -> None:
    assert [admitted(counters, 15, caller) for caller in ("ada", "bob")] == [15, 15]


def test_event_loops_count_with_threads(counters: Counters) -> None:
    assert admitted(counters, 19) == 19
    count = async_to_sync(counters.count_async)
    last, first_refused = (count(LIMIT, "test", "ada") for _ in range(2))
    assert last is not None
    assert (last.is_admitted, last.remaining) == (True, 0)
    assert first_refused is not None
    assert not first_refused.is_admitted
    assert 0 < first_refused.reset <= 24 * 60 * 60


@needs_redis
def test_requests_of_the_window_before_count_in_part(settings: Settings) -> None:
    counters, day = RedisCounters(), 24 * 60 * 60
    counters.count(LIMIT, "test", "ada")
    (key,) = client().scan_iter(f"{settings.REDIS_PREFIX}:limits:*")
    today = int(time.time() // day)
    client().hset(key, mapping={"number": today - 1, "this": 20, "last": 0})

    left = (today + 1) * day - time.time()
    count = counters.count(LIMIT, "test", "ada")

    assert count is not None
    assert count.remaining in {19 - int(20 * seconds / day) for seconds in (left, left - 60)}
    assert count.reset <= day / 20


@needs_redis
def test_processes_share_a_limit() -> None:
    program = """if True:
        import django
        from django.conf import settings
        django.setup()
        settings.RATE_LIMITS = {"login": "20/day"}
        from apps.common.throttling import judge
        print(sum(judge("login", "ada").wait is None for _ in range(15)))
    """
    started = [
        subprocess.Popen(  # noqa: S603 - this project's own code
            [sys.executable, "-c", program],
            cwd=BASE_DIR,
            env=os.environ | {"PYTHONPATH": str(BASE_DIR)},
            stdout=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    assert sum(int(process.communicate()[0]) for process in started) == 20


def test_counting_in_memory_starts_no_thread_for_each_request() -> None:
    counters = MemoryCounters()
    counters.count(LIMIT, "test", "ada")
    before = threading.enumerate()
    counters.count(LIMIT, "test", "bob")
    assert threading.enumerate() == before


@pytest.mark.usefixtures("redis_is_away")
def test_while_redis_is_away_every_request_is_admitted_and_nothing_is_said() -> None:
    for verdict in (judge("login", "ada") for _ in range(3)):
        assert (verdict.wait, verdict.headers) == (None, {})


@pytest.mark.django_db
@pytest.mark.urls("apps.common.tests.urls")
def test_a_refusal_says_when_to_come_back(api: APIClient, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": "2/minute"}
    responses = [api.get("/api/limited/") for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert 1 <= int(responses[2].headers["Retry-After"]) <= 60
    assert responses[2].json()["code"] == "rate-limited"
