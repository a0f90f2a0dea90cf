import asyncio
from collections.abc import Awaitable, Callable, Iterator
from threading import Barrier, Event, get_ident
from typing import Any

import pytest
from asgiref.sync import ThreadSensitiveContext, async_to_sync
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from apps.authentication.models import User
from apps.common import context
from apps.common.async_ninja.operations import on_thread
from apps.common.async_ninja.parallel import lanes, parallel

PATIENCE = 10  # seconds until a read gives up on those it should meet

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _new_lanes() -> Iterator[None]:
    lanes.cache_clear()
    yield
    lanes().shutdown()
    lanes.cache_clear()


@pytest.fixture
def pool_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """So many connections for this process; SQLite, which does not pool them, has as many lanes."""
    monkeypatch.setattr("apps.common.async_ninja.parallel.UNPOOLED_LANES", request.param)
    if pool() is not None:
        options = connection.settings_dict["OPTIONS"]
        monkeypatch.setitem(options, "pool", {**options["pool"], "max_size": request.param})
    renew_pool()
    yield
    renew_pool()


def pool() -> Any:  # noqa: ANN401 - psycopg's; None on SQLite
    return getattr(connections[DEFAULT_DB_ALIAS], "pool", None)


def renew_pool() -> None:
    used: Any = connections[DEFAULT_DB_ALIAS]
    used.close()
    if pool() is not None:
        used.close_pool()


def use_connection() -> BaseDatabaseWrapper:
    """Take a connection, as a query does."""
    used: BaseDatabaseWrapper = connections[DEFAULT_DB_ALIAS]
    used.ensure_connection()
    return used


def is_given_back(used: BaseDatabaseWrapper) -> bool:
    return used.connection is None


async def as_request[R](work: Callable[[], Awaitable[R]]) -> R:
    """Give some work a thread to itself, where a query has been made already."""
    async with ThreadSensitiveContext():
        await on_thread(use_connection)
        try:
            return await work()
        finally:
            await on_thread(connections.close_all)


async def test_reads_overlap() -> None:
    meeting = Barrier(3)

    def read() -> int:
        return meeting.wait(PATIENCE)

    assert sorted(await parallel(read, read, read)) == [0, 1, 2]


async def test_results_have_the_order_of_the_reads_whichever_ends_first() -> None:
    second_is_done = Event()

    def first() -> str:
        assert second_is_done.wait(PATIENCE)
        return "first"

    def second() -> int:
        second_is_done.set()
        return 2

    assert await parallel(first, second) == ("first", 2)


@pytest.mark.django_db
def test_in_a_transaction_reads_share_its_thread_and_see_what_it_wrote(customer: User) -> None:
    async def read() -> tuple[int, int, int]:
        return await parallel(User.objects.count, User.objects.count, get_ident)

    assert async_to_sync(read)() == (1, 1, get_ident())


@pytest.mark.usefixtures("pool_size")
@pytest.mark.parametrize("pool_size", [2], indirect=True)
async def test_two_requests_with_all_connections_between_them_do_not_wait_for_each_other() -> None:
    every_connection_is_taken = asyncio.Barrier(2)

    async def request() -> tuple[int, ...]:
        await every_connection_is_taken.wait()
        return await parallel(User.objects.count, User.objects.count)

    both = await asyncio.gather(as_request(request), as_request(request))
    assert [*both] == [(0, 0), (0, 0)]


async def test_the_first_error_is_raised_while_the_reads_beside_it_end_by_themselves() -> None:
    connected, go = Event(), Event()
    used: list[BaseDatabaseWrapper] = []

    def fail() -> None:
        assert connected.wait(PATIENCE)
        used.append(use_connection())
        raise LookupError

    def read() -> None:
        used.append(use_connection())
        connected.set()
        assert go.wait(PATIENCE)

    with pytest.raises(LookupError):
        await parallel(read, fail)
    assert not is_given_back(used[0])
    go.set()
    lanes().shutdown()
    assert [is_given_back(each) for each in used] == [True, True]


@pytest.mark.usefixtures("pool_size")
@pytest.mark.parametrize("pool_size", [2], indirect=True)
async def test_a_cancelled_request_leaves_no_connection_behind_and_begins_no_further_read() -> None:
    reading, go = Barrier(3), Event()
    used: list[BaseDatabaseWrapper] = []

    def read() -> None:
        used.append(use_connection())
        reading.wait(PATIENCE)
        assert go.wait(PATIENCE)

    request = asyncio.create_task(as_request(lambda: parallel(read, read, read)))
    await asyncio.to_thread(reading.wait, PATIENCE)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    go.set()
    lanes().shutdown()
    assert [is_given_back(each) for each in used] == [True, True]


@pytest.mark.usefixtures("pool_size")
@pytest.mark.parametrize("pool_size", [4], indirect=True)
async def test_a_burst_leaves_the_pool_full() -> None:
    entrance = asyncio.Semaphore(32)
    used: list[BaseDatabaseWrapper] = []

    def read() -> None:
        used.append(use_connection())

    async def request() -> None:
        async with entrance:
            await as_request(lambda: parallel(read, read))

    await asyncio.gather(*(request() for _ in range(1000)))

    assert len(used) == 2000
    assert all(is_given_back(each) for each in used)
    if pool() is not None:
        stats = pool().get_stats()
        assert stats["pool_size"] == stats["pool_available"] <= 4


@pytest.mark.usefixtures("pool_size")
@pytest.mark.parametrize("pool_size", [2], indirect=True)
def test_there_is_one_lane_for_each_connection() -> None:
    assert lanes()._max_workers == 2


async def test_lanes_know_whose_request_it_is() -> None:
    context.bind_request(request_id="request-1", client_ip="192.0.2.1")
    of_first, of_second = await parallel(context.current, context.current)
    assert of_first == of_second == {"request_id": "request-1", "client_ip": "192.0.2.1"}


async def test_a_single_read_stays_on_the_thread_of_the_request() -> None:
    async def request() -> bool:
        return (await parallel(get_ident)) == (await on_thread(get_ident),)

    assert await as_request(request)


async def test_nothing_to_read_is_nothing() -> None:
    assert await parallel() == ()
