"""Rows as JSON that PostgreSQL builds, so that Python neither makes objects of them nor serialises.

A `Shape` says twice how a row looks: as an expression for PostgreSQL, and as a function for every
other database. Tests compare the two. What PostgreSQL has built goes out as it came.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, Model, QuerySet, Subquery, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.db.models.sql.compiler import SQLCompiler
from django.http import HttpRequest
from orjson import Fragment

from apps.common.errors import NotFound
from apps.common.pagination import NEWEST_FIRST

type JSON = Fragment | dict[str, Any]
"""What orjson can write: built already, or about to be."""


class Document(Func):
    """An object, with a member for each argument (PostgreSQL)."""

    output_field = TextField()

    def __init__(self, **members: Any) -> None:
        super().__init__(*members.values())
        self.names = tuple(members)

    def as_postgresql(
        self, compiler: SQLCompiler, _connection: BaseDatabaseWrapper
    ) -> tuple[str, tuple[Any, ...]]:
        """The call that builds it."""
        parts: list[str] = []
        params: list[Any] = []
        for name, member in zip(self.names, self.get_source_expressions(), strict=True):
            sql, values = compiler.compile(member)
            parts.append(f"'{name}', {sql}")
            params += values
        return f"json_build_object({', '.join(parts)})", tuple(params)


class Documents(Subquery):
    """A list of what a subquery finds, which selects one document (PostgreSQL)."""

    template = "array_to_json(ARRAY(%(subquery)s))"
    output_field = TextField()


class Instant(Func):
    """A point in time as both APIs write it (PostgreSQL)."""

    template = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    output_field = TextField()


class Amount(Cast):
    """An amount of money as both APIs write it: a string (PostgreSQL)."""

    def __init__(self, expression: Combinable | str) -> None:
        super().__init__(expression, TextField())


@dataclass(frozen=True)
class Shape[M: Model]:
    """How rows of one kind look as JSON.

    Attributes:
        kind: What a row is called.
        document: What PostgreSQL makes of a row.
        plain: What Python makes of it, in terms that JSON has words for.
        extra: Members that only Python can make: the column each is made from, and what makes it;
            the first ones of the document, where they are null.
    """

    kind: str
    document: Document
    plain: Callable[[M, HttpRequest], dict[str, Any]]
    extra: Mapping[str, tuple[str, Callable[[Any, HttpRequest], Any]]] = field(default_factory=dict)

    def select(self, queryset: QuerySet[M]) -> QuerySet[Any, Any]:
        """What to read of the rows: their documents where PostgreSQL builds them, else all.

        The order of the queryset, and so a cursor, still works.
        """
        if connections[queryset.db].vendor != "postgresql":
            return queryset
        ordering = str(next(iter(queryset.query.order_by), NEWEST_FIRST)).removeprefix("-")
        columns = (column for column, _ in self.extra.values())
        rows: QuerySet[Any, Any] = queryset.prefetch_related(None)
        rows = rows.annotate(document=Cast(self.document, TextField()))
        names = dict.fromkeys(["public_id", ordering, "document", *columns])
        return rows.values_list(*names, named=True)

    def show(self, row: Any, request: HttpRequest) -> JSON:  # noqa: ANN401 - model or named tuple
        """A selected row as JSON."""
        document = getattr(row, "document", None)
        if document is None:
            return self.plain(row, request)
        members = {
            name: make(value, request)
            for name, (column, make) in self.extra.items()
            if (value := getattr(row, column))
        }
        if not members:
            return Fragment(document)
        # JSON lets a name come twice, but not every reader takes the last one.
        nulls = "".join(f'"{name}" : null, ' for name in self.extra)
        made = orjson.dumps(dict.fromkeys(self.extra) | members)
        return Fragment(made[:-1] + b"," + document.removeprefix("{" + nulls).encode())

    def show_all(self, rows: Iterable[Any], request: HttpRequest) -> list[JSON]:
        """Selected rows as JSON."""
        return [self.show(row, request) for row in rows]

    def show_one(self, rows: Iterable[Any], request: HttpRequest) -> JSON:
        """The only one of selected rows as JSON.

        Raises:
            NotFound: There is none.
        """
        for row in rows:
            return self.show(row, request)
        raise NotFound(f"There is no such {self.kind}.")
