"""Pages that stay right while rows come and go."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from django.core import signing
from django.db.models import F, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from rest_framework import exceptions, pagination
from rest_framework.fields import IntegerField
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from apps.common.errors import NotFound

# Time-ordered like the numeric key and, unlike it, fit to be shown in a cursor.
NEWEST_FIRST = "-public_id"
PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
CURSOR = "cursor"
"""Name of the query parameter that holds the place where a page begins."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a listing: just after the row with this value and public id, or just before it."""

    value: str
    public_id: str
    backwards: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a listing, and the addresses of those around them."""

    rows: Sequence[Any]
    next: str | None
    previous: str | None


def paginate(queryset: QuerySet[Any, Any], *, url: str, cursor: str | None, size: int) -> Page:
    """Cut one page out of a queryset that is ordered by one column, unique or not.

    Cursors hold the value of that column and the public id of a row. They are signed: one that is
    forged, or from another order, leads nowhere.

    Args:
        queryset: Of models, or of named tuples with the column and `public_id`; newest first when
            it has no order.
        url: The address of this page.
        cursor: Where it begins; None for the first one.
        size: The largest number of rows.

    Raises:
        NotFound: The cursor is not one of ours.
    """
    ordering = str(next(iter(queryset.query.order_by), NEWEST_FIRST))
    column, salt = ordering.removeprefix("-"), f"{__name__}:{ordering}"
    position = None if cursor is None else _read(cursor, salt)
    backwards = position is not None and position.backwards
    descending = ordering.startswith("-") != backwards
    if position is not None:
        queryset = _beyond(queryset, column, position, descending=descending)
    sign = "-" if descending else ""
    found = list(queryset.order_by(f"{sign}{column}", f"{sign}public_id")[: size + 1])
    rows, more = found[:size][:: -1 if backwards else 1], len(found) > size

    def link(index: int, *, backwards: bool) -> str:
        row = rows[index]
        place = Position(str(getattr(row, column)), str(row.public_id), backwards)
        return replace_query_param(url, CURSOR, signing.dumps(astuple(place), salt=salt))

    has_next = backwards or more
    has_previous = more if backwards else position is not None
    return Page(
        rows=rows,
        next=link(-1, backwards=False) if rows and has_next else None,
        previous=link(0, backwards=True) if rows and has_previous else None,
    )


def _read(cursor: str, salt: str) -> Position:
    try:
        return Position(*signing.loads(cursor, salt=salt))
    except signing.BadSignature as error:
        raise NotFound("Invalid cursor") from error


def _beyond(
    queryset: QuerySet[Any, Any], column: str, position: Position, *, descending: bool
) -> QuerySet[Any, Any]:
    beyond = TupleLessThan if descending else TupleGreaterThan
    place = Tuple(F(column), F("public_id"))
    return queryset.filter(beyond(place, (position.value, position.public_id)))


class CursorPagination(pagination.CursorPagination):
    """`paginate` for REST framework.

    The framework's own cursors hold the value of the column and count an offset among equal ones;
    they lose their place when such a row goes, and give up counting at a thousand.
    """

    page_size: int = PAGE_SIZE
    max_page_size = MAX_PAGE_SIZE
    page_size_query_param = "page_size"
    ordering = NEWEST_FIRST

    found: Page

    def get_page_size(self, request: Request) -> int:
        """The number of rows asked for, or the default.

        Raises:
            ValidationError: It is not a whole number within the limits.
        """
        asked = request.query_params.get(self.page_size_query_param)
        if asked is None:
            return self.page_size
        size = IntegerField(min_value=1, max_value=self.max_page_size)
        try:
            return int(size.run_validation(asked))
        except exceptions.ValidationError as error:
            raise exceptions.ValidationError({self.page_size_query_param: error.detail}) from error

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:  # noqa: ANN401, ARG002 - REST framework's signature
        """One page.

        Raises:
            NotFound: The cursor is not one of ours.
            ValidationError: The page size is out of bounds.
        """
        self.found = paginate(
            queryset,
            url=request.build_absolute_uri(),
            cursor=request.query_params.get(self.cursor_query_param),
            size=self.get_page_size(request),
        )
        return list(self.found.rows)

    def get_next_link(self) -> str | None:
        """The address of the page after this one."""
        return self.found.next

    def get_previous_link(self) -> str | None:
        """The address of the page before this one."""
        return self.found.previous

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page's schema, every member of which is always there."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }
