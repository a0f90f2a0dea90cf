"""Reads that stay on the event loop, and whose SQL is made once: for what is asked for most.

A visit to a thread, and Django's way from a query set to SQL, cost several times what PostgreSQL
takes for a small query. Wherever `READS_ON_EVENT_LOOP` is off, reads take that way nevertheless.
"""

from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression, QuerySet, UUIDField
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.utils import create_namedtuple_class

from apps.common.async_ninja.operations import on_thread
from apps.common.metrics.pools import watch

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

KEPT = 256
"""Statements that a read keeps, one for each combination of its arguments but ids."""


class Found(NamedTuple):
    """A query set, and its rows."""

    queryset: QuerySet[Any, Any]
    rows: Sequence[Any]


class Place(Expression):
    """Where an id goes, once it is known."""

    def __init__(self, number: int) -> None:
        super().__init__(output_field=UUIDField())
        self.number = number

    def as_sql(self, _compiler: SQLCompiler, _connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """A placeholder, with itself for a value."""
        return "%s", (self,)


@dataclass(frozen=True)
class Statement:
    """What a query set of named tuples is in SQL."""

    queryset: QuerySet[Any, Any]
    sql: str
    params: Sequence[Any]

    @classmethod
    def of(cls, queryset: QuerySet[Any, Any]) -> "Statement":
        """Compile a query set, even one that cannot find anything."""
        compiler = queryset.query.get_compiler(queryset.db, elide_empty=False)
        return cls(queryset, *compiler.as_sql())

    async def find(self, ids: Sequence[UUID]) -> Found:
        """Run it.

        Raises:
            OperationalError: The database does not answer.
        """
        params = [ids[param.number] if isinstance(param, Place) else param for param in self.params]
        with connection.wrap_database_errors:
            rows = await _execute(self.sql, params)
        row = create_namedtuple_class(*self.queryset._fields)  # type: ignore[attr-defined] # private, and how Django makes such rows
        return Found(self.queryset, list(map(row._make, rows)))


class Read[*Arguments]:
    """A query set that depends on nothing but its arguments: neither on the time nor on data.

    Args:
        build: Makes it. Ids among its arguments may only become values to compare with.
    """

    def __init__(self, build: Callable[[*Arguments], QuerySet[Any, Any]]) -> None:
        self.build = build
        self._statements: dict[tuple[Hashable, ...], Statement] = {}

    async def find(self, *arguments: *Arguments) -> Found:
        """Read.

        Raises:
            OperationalError: The database does not answer.
        """
        if not settings.READS_ON_EVENT_LOOP:
            return await on_thread(lambda: self._find_on_thread(*arguments))
        key = tuple(UUID if isinstance(argument, UUID) else argument for argument in arguments)
        statement = self._statements.get(key)
        if statement is None:
            # Django may want to ask the database what it can do.
            statement = await on_thread(lambda: self._compile(arguments))
            self._keep(key, statement)
        return await statement.find([each for each in arguments if isinstance(each, UUID)])

    def _compile(self, arguments: Sequence[Any]) -> Statement:
        places = map(Place, count())
        given: Any = (next(places) if isinstance(each, UUID) else each for each in arguments)
        return Statement.of(self.build(*given))

    def _find_on_thread(self, *arguments: *Arguments) -> Found:
        queryset = self.build(*arguments)
        return Found(queryset, list(queryset))

    def _keep(self, key: tuple[Hashable, ...], statement: Statement) -> None:
        self._statements[key] = statement
        if len(self._statements) > KEPT:
            del self._statements[next(iter(self._statements))]


_pools: dict[AbstractEventLoop, "AsyncConnectionPool"] = {}


async def close() -> None:
    """Close the connections of this event loop, before it ends."""
    pool = _pools.pop(get_running_loop(), None)
    if pool is not None:
        await pool.close()


async def _execute(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement on a connection of the pool; once more if the connection was lost."""
    from psycopg import OperationalError  # noqa: PLC0415 - as below

    pool = await _pool()
    async with pool.connection() as borrowed:
        try:
            return await (await borrowed.execute(sql, params)).fetchall()
        except OperationalError:
            if not borrowed.broken:
                raise
    # The server has been away: the connections that it left behind are lost as well.
    await pool.check()
    async with pool.connection() as borrowed:
        return await (await borrowed.execute(sql, params)).fetchall()


async def _keep_text(connection: "AsyncConnection[Any]") -> None:
    """Ids and times go from the database into a document or a cursor, as text on either side."""
    from psycopg.types.string import TextLoader  # noqa: PLC0415 - as below

    for kind in ("timestamptz", "uuid"):
        connection.adapters.register_loader(kind, TextLoader)


async def _pool() -> "AsyncConnectionPool":
    """The pool of this event loop: as large as Django's, and connected in the same way."""
    from psycopg import AsyncCursor  # noqa: PLC0415 - slow, and SQLite has no need
    from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415 - as above

    loop = get_running_loop()
    pool = _pools.get(loop)
    if pool is None:
        parameters = {**connection.get_connection_params(), "cursor_factory": AsyncCursor}
        options = connection.settings_dict["OPTIONS"]["pool"]
        pool = _pools[loop] = AsyncConnectionPool(
            kwargs={**parameters, "autocommit": True}, configure=_keep_text, open=False, **options
        )
        watch.add("event_loop", pool)
    if pool.closed:
        await pool.open()
    return pool
