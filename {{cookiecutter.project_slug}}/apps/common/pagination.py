"""Pages that stay right while rows come and go."""

from dataclasses import astuple, dataclass
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from rest_framework import exceptions, pagination
from rest_framework.fields import IntegerField
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from apps.common.models import BaseModel


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a listing: just after the row with this value and public id, or just before it."""

    value: str
    public_id: str
    backwards: bool


class CursorPagination(pagination.CursorPagination):
    """Pages of a queryset that is ordered by one column, unique or not; newest first by default.

    REST framework's cursors hold the value of that column and count an offset among equal ones;
    they lose their place when such a row goes, and give up counting at a thousand. These hold the
    public id as well. They are signed: one that is forged, or from another order, leads nowhere.
    """

    page_size: int = 20
    max_page_size = 100
    page_size_query_param = "page_size"
    # Time-ordered like the numeric key and, unlike it, fit to be shown in a cursor.
    ordering = "-public_id"

    page: list[Any]
    base_url: str
    column: str

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
        self.base_url = request.build_absolute_uri()
        self.ordering = str(next(iter(queryset.query.order_by), self.ordering))
        self.column = self.ordering.removeprefix("-")
        position = self._position(request)
        backwards = position is not None and position.backwards
        descending = self.ordering.startswith("-") != backwards
        if position is not None:
            queryset = self._beyond(queryset, position, "lt" if descending else "gt")
        sign = "-" if descending else ""
        size = self.get_page_size(request)
        rows = list(queryset.order_by(f"{sign}{self.column}", f"{sign}public_id")[: size + 1])
        more = len(rows) > size
        self.page = rows[:size][:: -1 if backwards else 1]
        self.has_next = backwards or more
        self.has_previous = more if backwards else position is not None
        return self.page

    def get_next_link(self) -> str | None:
        """The address of the page after this one."""
        return self._link(-1, backwards=False) if self.page and self.has_next else None

    def get_previous_link(self) -> str | None:
        """The address of the page before this one."""
        return self._link(0, backwards=True) if self.page and self.has_previous else None

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page's schema, every member of which is always there."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def _beyond[M: BaseModel](
        self, queryset: QuerySet[M], position: Position, comparison: str
    ) -> QuerySet[M]:
        return queryset.filter(
            Q(**{f"{self.column}__{comparison}": position.value})
            | Q(**{f"public_id__{comparison}": position.public_id}),
            # Implied by the above for one of two, and where an index can start to read.
            **{f"{self.column}__{comparison}e": position.value},
        )

    def _link(self, index: int, *, backwards: bool) -> str:
        row = self.page[index]
        position = Position(str(getattr(row, self.column)), str(row.public_id), backwards)
        cursor = signing.dumps(astuple(position), salt=self._salt())
        return replace_query_param(self.base_url, self.cursor_query_param, cursor)

    def _position(self, request: Request) -> Position | None:
        cursor = request.query_params.get(self.cursor_query_param)
        if cursor is None:
            return None
        try:
            return Position(*signing.loads(cursor, salt=self._salt()))
        except signing.BadSignature as error:
            raise exceptions.NotFound(self.invalid_cursor_message) from error

    def _salt(self) -> str:
        return f"{__name__}:{self.ordering}"
