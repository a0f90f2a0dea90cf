"""What the schemas of all domains are made of; the JSON is that of version 1."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Schema
from pydantic import AfterValidator, PlainSerializer, StringConstraints

from apps.common.pagination import MAX_PAGE_SIZE, PAGE_SIZE, Page, paginate
from apps.common.validators import one_line


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


type Amount = Annotated[Decimal, PlainSerializer(lambda value: f"{value:.2f}", return_type=str)]
"""Money in the main unit of its currency; a string, since not every client counts in decimals."""

type Instant = Annotated[datetime, PlainSerializer(_instant, return_type=str)]
"""A point in time, in UTC, to the microsecond."""


def _without_null(value: str) -> str:
    if "\0" in value:
        raise ValueError("Null characters are not allowed.")
    return value


def _on_one_line(value: str) -> str:
    try:
        one_line(value)
    except DjangoValidationError as error:
        raise ValueError(error.message) from error
    return value


type Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_without_null)]
"""What a person writes; the space around it does not count."""

type Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_on_one_line)
]
"""Text that is there, and without a line break."""


class PageQuery(Schema):
    """Which part of a listing is asked for."""

    cursor: str | None = None
    page_size: int = Field(default=PAGE_SIZE, ge=1, le=MAX_PAGE_SIZE)

    def cut(self, request: HttpRequest, rows: QuerySet[Any, Any]) -> Page:
        """That part of the rows.

        Raises:
            NotFound: The cursor is not one of ours.
        """
        url = request.build_absolute_uri()
        return paginate(rows, url=url, cursor=self.cursor, size=self.page_size)


class PageSchema[T](Schema):
    """Some rows of a listing, and the addresses of those around them."""

    next: str | None
    previous: str | None
    results: list[T] = Field(alias="rows")


class Problem(Schema):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
