"""Pages that stay right while rows come and go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

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
INVALID_CURSOR = "Invalid cursor"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a listing: just after the row with this value and public id, or just before it."""

    ordering: str
    value: str
    public_id: str
    backwards: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a listing, and the addresses of those around them."""

    rows: Sequence[Any]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of a listing is asked for.

    Listings are ordered by one column, unique or not. Cursors hold the value of that column and the
    public id of a row. They are signed: one that is forged, or from another order, leads nowhere.

    Attributes:
        position: Where it begins; None at the beginning.
        size: The largest number of rows.
    """

    position: Position | None
    size: int

    @classmethod
    def at(cls, cursor: str | None, size: int) -> Self:
        """The part that a cursor leads to.

        Raises:
            NotFound: The cursor is not one of ours.
        """
        try:
            place = None if cursor is None else Position(*signing.loads(cursor, salt=__name__))
        except signing.BadSignature as error:
            raise NotFound(INVALID_CURSOR) from error
        return cls(place, size)

    @property
    def backwards(self) -> bool:
        """Whether its rows come before the position."""
        return self.position is not None and self.position.backwards

    def choose(self, queryset: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        """What to read: one row more than is asked for, those nearest to the position first.

        Args:
            queryset: Of models, or of named tuples with the column and `public_id`; newest first
                when it has no order.

        Raises:
            NotFound: The cursor comes from another order.
        """
        ordering = str(next(iter(queryset.query.order_by), NEWEST_FIRST))
        column, descending = ordering.removeprefix("-"), ordering.startswith("-") != self.backwards
        if self.position is not None:
            if self.position.ordering != ordering:
                raise NotFound(INVALID_CURSOR)
            beyond = TupleLessThan if descending else TupleGreaterThan
            place = self.position.value, self.position.public_id
            queryset = queryset.filter(beyond(Tuple(F(column), F("public_id")), place))
        sign = "-" if descending else ""
        return queryset.order_by(f"{sign}{column}", f"{sign}public_id")[: self.size + 1]

    def page(self, queryset: QuerySet[Any, Any], found: Sequence[Any], url: str) -> Page:
        """Make a page of what was found.

        Args:
            queryset: What `choose` has returned.
            found: Its rows.
            url: The address of this page.
        """
        nearest = str(queryset.query.order_by[0])
        column = nearest.removeprefix("-")
        ordering = f"-{column}" if nearest.startswith("-") != self.backwards else column
        rows, more = found[: self.size][:: -1 if self.backwards else 1], len(found) > self.size

        def link(index: int, *, backwards: bool) -> str:
            row = rows[index]
            value, public_id = str(getattr(row, column)), str(row.public_id)
            cursor = signing.dumps((ordering, value, public_id, backwards), salt=__name__)
            return replace_query_param(url, CURSOR, cursor)

        has_next = self.backwards or more
        has_previous = more if self.backwards else self.position is not None
        return Page(
            rows=rows,
            next=link(-1, backwards=False) if rows and has_next else None,
            previous=link(0, backwards=True) if rows and has_previous else None,
        )


class CursorPagination(pagination.CursorPagination):
    """A `Cut` for REST framework.

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
        size = self.get_page_size(request)
        cut = Cut.at(request.query_params.get(self.cursor_query_param), size)
        chosen = cut.choose(queryset)
        self.found = cut.page(chosen, list(chosen), request.build_absolute_uri())
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
