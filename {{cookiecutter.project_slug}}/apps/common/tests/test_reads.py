"""Reads whose SQL is made once, and which stay on the event loop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import get_ident
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from asgiref.sync import ThreadSensitiveContext
from django.db import OperationalError, connection
from django.db.models import Model, QuerySet
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from apps.authentication.models import User
from apps.common.async_ninja import reads
from apps.common.async_ninja.operations import on_thread
from apps.common.async_ninja.reads import Read
from apps.common.fastpath.stacks import ApiHandler
from apps.common.fastpath.threads import Lane, RequestThreads
from apps.products.models import Product
from tests.processes import database_url

PATIENCE = 10  # seconds

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="only PostgreSQL is read from the event loop"
)


@pytest.fixture
def django_pool(transactional_db: None) -> None:
    """Django's own pool, which is there before a test changes how connections are made."""
    connection.ensure_connection()


@pytest.fixture
async def event_loop_reads(settings: Any, django_pool: None) -> AsyncIterator[None]:  # noqa: ANN401 - pytest-django's
    settings.READS_ON_EVENT_LOOP = True
    yield
    await reads.close()


class Users:
    """Builds query sets of users, and notes for what, and on which thread."""

    def __init__(self) -> None:
        self.built_for: list[object] = []
        self.threads: list[int] = []

    def with_id(self, public_id: UUID) -> QuerySet[Any, Any]:
        return self._note(public_id).filter(public_id=public_id)

    def named(self, name: str) -> QuerySet[Any, Any]:
        return self._note(name).filter(full_name=name)

    def _note(self, argument: object) -> QuerySet[Any, Any]:
        self.built_for.append(argument)
        self.threads.append(get_ident())
        return User.objects.values_list("email", named=True)


async def browse(server: RequestThreads) -> httpx.Response:
    """Ask for the first page of the catalogue."""
    transport = httpx.ASGITransport(app=cast("Any", server))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get("/api/v2/products/")


@pytest.fixture
def server() -> RequestThreads:
    return RequestThreads(ApiHandler())


@asynccontextmanager
async def request() -> AsyncIterator[None]:
    """What a request has: a thread."""
    lane = Lane()
    async with ThreadSensitiveContext(executor=lane):
        yield
    lane.leave()
    lane.shutdown()


@pytest.fixture
def closed_lane() -> Lane:
    """A thread that takes no calls."""
    lane = Lane()
    lane.shutdown()
    return lane


@asynccontextmanager
async def locked(model: type[Model]) -> AsyncIterator[AsyncConnection]:
    """Let nobody read a table before the transaction of this connection ends."""
    async with await AsyncConnection.connect(database_url(), prepare_threshold=None) as holder:
        await holder.execute(SQL("LOCK TABLE {}").format(Identifier(model._meta.db_table)))
        yield holder


async def until_waiting(holder: AsyncConnection, readers: int) -> None:
    """Wait until so many others stand at the lock."""
    # Unlike statistics, locks are looked at anew in a transaction that goes on.
    waiting = (
        "SELECT count(DISTINCT pid) FROM pg_locks"
        " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    async with asyncio.timeout(PATIENCE):
        while await (await holder.execute(waiting)).fetchone() != (readers,):
            pass


async def cancel_waiting(holder: AsyncConnection) -> None:
    """Let the server cancel whatever stands at the lock, as it does when time is up."""
    await until_waiting(holder, 1)
    await holder.execute(
        "SELECT pg_cancel_backend(pid) FROM pg_locks"
        " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )


def shrink_pool(monkeypatch: pytest.MonkeyPatch, *, timeout: int) -> None:
    """Let new pools have one connection, which is waited for so many seconds."""
    options = {"min_size": 1, "max_size": 1, "timeout": timeout}
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "pool", options)


async def test_elsewhere_a_read_takes_the_thread_of_the_request(customer: User) -> None:
    users = Users()
    async with request():
        found = await Read(users.with_id).find(customer.public_id)
        thread = await on_thread(get_ident)
    assert [row.email for row in found.rows] == [customer.email]
    assert users.threads == [thread]


@on_postgresql
@pytest.mark.usefixtures("event_loop_reads")
class TestOnTheEventLoop:
    async def test_one_statement_serves_every_id(self, customer: User, vendor_user: User) -> None:
        users = Users()
        read = Read(users.with_id)
        async with request():
            found = [await read.find(user.public_id) for user in (customer, vendor_user, customer)]
        assert [[row.email for row in each.rows] for each in found] == [
            [customer.email],
            [vendor_user.email],
            [customer.email],
        ]
        assert len(users.built_for) == 1

    async def test_a_statement_serves_no_other_arguments(
        self, customer: User, vendor_user: User
    ) -> None:
        users = Users()
        read = Read(users.named)
        names = [customer.full_name, vendor_user.full_name]
        async with request():
            found = [await read.find(name) for name in names]
        assert [[row.email for row in each.rows] for each in found] == [
            [customer.email],
            [vendor_user.email],
        ]
        assert users.built_for == names

    async def test_what_is_known_needs_no_thread(self, customer: User, closed_lane: Lane) -> None:
        read = Read(Users().with_id)
        async with request():
            await read.find(customer.public_id)
        async with ThreadSensitiveContext(executor=closed_lane):
            found = await read.find(customer.public_id)
        assert [row.email for row in found.rows] == [customer.email]

    async def test_what_is_not_known_needs_one(self, customer: User, closed_lane: Lane) -> None:
        async with ThreadSensitiveContext(executor=closed_lane):
            with pytest.raises(RuntimeError, match="shutdown"):
                await Read(Users().with_id).find(customer.public_id)

    async def test_the_oldest_statement_makes_room_and_is_made_again(
        self, customer: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reads, "KEPT", 2)
        users = Users()
        read = Read(users.named)
        async with request():
            await read.find(customer.full_name)
            for name in ("b", "c", "b", "c"):
                await read.find(name)
            found = await read.find(customer.full_name)
        assert [row.email for row in found.rows] == [customer.email]
        assert users.built_for == [customer.full_name, "b", "c", customer.full_name]

    async def test_a_query_that_cannot_find_anything_finds_nothing(self) -> None:
        def nobody() -> QuerySet[Any, Any]:
            return User.objects.filter(pk__in=[]).values_list("email", named=True)

        async with request():
            found = await Read(nobody).find()
        assert found.rows == []

    @pytest.mark.skipif(
        connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS", False),
        reason="a pooler in between keeps the connections to it",
    )
    async def test_connections_that_the_server_has_closed_are_replaced(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "application_name", "reads")
        read = Read(Users().named)
        async with request():
            await read.find("Ada")
        async with locked(User) as holder:
            burst = [asyncio.create_task(read.find("Ada")) for _ in range(3)]
            await until_waiting(holder, 3)
            await holder.rollback()
            await asyncio.gather(*burst)
            closed = await holder.execute(
                "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity"
                " WHERE (datname, application_name) = (current_database(), 'reads')",
                [PATIENCE * 1000],
            )
            assert set(await closed.fetchall()) == {(True,)}
        found = await read.find("Ada")
        assert found.rows == []

    async def test_a_statement_that_the_server_cancels_fails_as_elsewhere(self) -> None:
        async with request(), locked(User) as holder:
            reading = asyncio.create_task(Read(Users().named).find("Ada"))
            await cancel_waiting(holder)
            with pytest.raises(OperationalError, match="canceling statement"):
                await reading

    async def test_a_read_that_is_given_up_leaves_its_connection_to_the_next(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shrink_pool(monkeypatch, timeout=PATIENCE)
        read = Read(Users().named)
        async with request(), locked(User) as holder:
            given_up = asyncio.create_task(read.find("Ada"))
            await until_waiting(holder, 1)
            given_up.cancel()
            with pytest.raises(asyncio.CancelledError):
                await given_up
        found = await read.find("Ada")
        assert found.rows == []

    async def test_the_api_answers_503_when_the_server_cancels(
        self, server: RequestThreads
    ) -> None:
        async with locked(Product) as holder:
            served = asyncio.create_task(browse(server))
            await cancel_waiting(holder)
            response = await served
        assert (response.status_code, response.json()["code"]) == (503, "service-unavailable")
        assert int(response.headers["Retry-After"]) > 0

    async def test_the_api_answers_503_when_every_connection_is_taken(
        self, server: RequestThreads, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shrink_pool(monkeypatch, timeout=1)
        async with locked(Product) as holder:
            served = asyncio.create_task(browse(server))
            await until_waiting(holder, 1)
            refused = await browse(server)
            await holder.rollback()
            assert (await served).status_code == 200
        assert (refused.status_code, refused.json()["code"]) == (503, "service-unavailable")
        assert int(refused.headers["Retry-After"]) > 0

    async def test_the_api_shows_the_same_page_again_without_a_thread(
        self, server: RequestThreads, closed_lane: Lane
    ) -> None:
        first = await browse(server)
        server.idle = [closed_lane]
        again = await browse(server)
        assert (again.status_code, again.json()) == (200, first.json())
