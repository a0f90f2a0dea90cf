"""Spans of SQL: the statement with its placeholders, without what stands in their place."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import lru_cache

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from apps.common.tracing.calls import NOTHING, Call, Look, client_span, is_recorded

SUMMARY = re.compile(
    r"""\s*(?:(SELECT|INSERT|DELETE|UPDATE)\b(?:.*?\b(?:FROM|INTO))?\s+"?(\w+)|(\w+))""",
    re.IGNORECASE | re.DOTALL,
)


def calls() -> Iterator[Call]:
    """What sends statements: Django's cursors, and psycopg's for asynchronous code."""
    cursors: list[type] = [CursorWrapper]
    if connection.vendor == "postgresql":
        from psycopg import AsyncCursor  # noqa: PLC0415 - slow, and SQLite has no need

        cursors.append(AsyncCursor)
    for cursor in cursors:
        yield Call(cursor, "execute", around_statement)
        yield Call(cursor, "executemany", around_statement)
    yield Call(BaseDatabaseWrapper, "commit", lambda database: around_statement(database, "COMMIT"))


def around_statement(
    _cursor: object, statement: object, *_: object, **__: object
) -> AbstractContextManager[Look]:
    """A span for a statement."""
    if not is_recorded():
        return NOTHING
    text = str(statement)
    attributes = {"db.system.name": connection.vendor, "db.query.text": text}
    return client_span(summary(text), attributes)


@lru_cache(maxsize=1024)
def summary(statement: str) -> str:
    """What a statement does, and to which table first: `SELECT orders_order`."""
    found = SUMMARY.match(statement)
    return " ".join(filter(None, found.groups())) if found else "SQL"
