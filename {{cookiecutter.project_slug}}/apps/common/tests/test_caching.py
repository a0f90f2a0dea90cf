"""Reads whose results are kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.core.cache import cache
from prometheus_client import REGISTRY
from pytest_django import Settings

from apps.common import caching
from apps.common.caching import Cached

LIFETIME = timedelta(minutes=10)
PATIENCE = 20  # seconds


class Shelf:
    """What is read: a number of things of each kind, by name."""

    def __init__(self) -> None:
        self.things: dict[str, int] = {"hats": 1, "shoes": 2}
        self.reads = 0

    def count(self, kind: str) -> int:
        self.reads += 1
        return self.things[kind]


@pytest.fixture(autouse=True)
def _shared(settings: Settings) -> None:
    # The memory of this process will do, for there is no other one.
    settings.CACHE_IS_SHARED = True


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def count(shelf: Shelf) -> Cached[str, int]:
    return Cached(shelf.count, "shelf", LIFETIME)


def test_a_result_is_read_once_for_all_arguments(shelf: Shelf, count: Cached[str, int]) -> None:
    assert [count("hats"), count("hats"), count("shoes"), count("shoes")] == [1, 1, 2, 2]
    assert shelf.reads == 2


def test_what_has_changed_is_read_anew(shelf: Shelf, count: Cached[str, int]) -> None:
    assert (count("hats"), count("shoes")) == (1, 2)
    shelf.things["hats"] = 5
    count.invalidate("hats")
    assert (count("hats"), count("hats"), count("shoes")) == (5, 5, 2)
    assert shelf.reads == 3


def test_what_is_too_old_is_read_anew(shelf: Shelf, count: Cached[str, int]) -> None:
    with time_machine.travel("2026-01-01T12:00Z", tick=False) as clock:
        count("hats")
        clock.shift(LIFETIME - timedelta(seconds=1))
        count("hats")
        assert shelf.reads == 1
        clock.shift(timedelta(seconds=1))
        count("hats")
        assert shelf.reads == 2


def test_a_failure_is_not_kept(shelf: Shelf, count: Cached[str, int]) -> None:
    for _ in range(2):
        with pytest.raises(KeyError):
            count("coats")
    assert shelf.reads == 2


def test_a_change_during_a_read_is_not_lost(shelf: Shelf) -> None:
    def read_before_a_change(kind: str) -> int:
        number = shelf.count(kind)
        if shelf.reads == 1:
            shelf.things[kind] = 5
            kept.invalidate(kind)
        return number

    kept = Cached(read_before_a_change, "shelf", LIFETIME)
    assert (kept("hats"), kept("hats")) == (1, 5)


def test_of_many_who_miss_a_result_one_reads(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "PATIENCE", PATIENCE)
    begun, meeting = Event(), Barrier(8)

    def read_slowly(kind: str) -> int:
        begun.wait(PATIENCE)
        return shelf.count(kind)

    count = Cached(read_slowly, "shelf", LIFETIME)

    def ask() -> int:
        if meeting.wait(PATIENCE) == 0:
            begun.set()
        return count("hats")

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(ask) for _ in range(8)]
    assert {answer.result() for answer in answers} == {1}
    assert shelf.reads == 1


def test_who_gets_the_turn_only_after_another_one_does_not_read_again(
    shelf: Shelf, count: Cached[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_before_the_other_one(_keys: list[str]) -> dict[str, int]:
        monkeypatch.undo()
        count("hats")
        return {}

    monkeypatch.setattr(cache, "get_many", look_before_the_other_one)
    assert (count("hats"), shelf.reads) == (1, 1)


def test_while_one_reads_anew_others_have_the_old_result(shelf: Shelf) -> None:
    begun, end = Event(), Event()

    def read(kind: str) -> int:
        if shelf.reads:
            begun.set()
            end.wait(PATIENCE)
        return shelf.count(kind)

    count = Cached(read, "shelf", LIFETIME)
    count("hats")
    shelf.things["hats"] = 5
    count.invalidate("hats")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(count, "hats")
        begun.wait(PATIENCE)
        assert count("hats") == 1
        end.set()
        assert first.result() == 5
    assert count("hats") == 5


def test_an_event_loop_finds_what_a_thread_has_read(shelf: Shelf, count: Cached[str, int]) -> None:
    find = async_to_sync(count.find)
    assert (find("hats"), find("hats"), count("hats")) == (1, 1, 1)
    assert shelf.reads == 1


def test_nothing_is_kept_where_others_could_not_be_told(
    shelf: Shelf, count: Cached[str, int], settings: Settings
) -> None:
    settings.CACHE_IS_SHARED = False
    count("hats")
    async_to_sync(count.find)("hats")
    assert shelf.reads == 2


@pytest.mark.usefixtures("redis_is_away")
def test_while_redis_is_away_everything_is_read(shelf: Shelf, count: Cached[str, int]) -> None:
    assert (count("hats"), count("hats"), async_to_sync(count.find)("hats")) == (1, 1, 1)
    assert shelf.reads == 3


@pytest.mark.parametrize(("reads", "hits"), [(1, 0), (3, 2)])
def test_the_hit_rate_is_counted(count: Cached[str, int], reads: int, hits: int) -> None:
    def counted(result: str) -> float:
        labels = {"read": "shelf", "result": result}
        return REGISTRY.get_sample_value("cached_reads_total", labels) or 0

    before = counted("hit"), counted("miss")
    for _ in range(reads):
        count("hats")
    assert (counted("hit"), counted("miss")) == (before[0] + hits, before[1] + 1)
