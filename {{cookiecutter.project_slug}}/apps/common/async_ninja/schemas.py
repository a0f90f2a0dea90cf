"""What the schemas of all domains are made of; the JSON is that of version 1."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Schema
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from apps.common.async_ninja.reads import Found
from apps.common.pagination import MAX_PAGE_SIZE, PAGE_SIZE, Cut, Page
from apps.common.validators import one_line


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


type Amount = Annotated[Decimal, PlainSerializer(lambda value: f"{value:.2f}", return_type=str)]
"""Money in the main unit of its currency; a string, since not every client counts in decimals."""

type Instant = Annotated[datetime, PlainSerializer(_instant, return_type=str)]
"""A point in time, in UTC, to the microsecond."""


def _refusal(code: str, message: str) -> PydanticCustomError:
    return PydanticCustomError("refused", message, {"code": code})


def valid(validate: Callable[[Any], None]) -> AfterValidator:
    """What a validator of Django's demands; a refusal keeps its code."""

    def check(value: Any) -> Any:  # noqa: ANN401 - whatever the validator takes
        try:
            validate(value)
        except DjangoValidationError as error:
            raise _refusal(error.code or "invalid", error.messages[0]) from error
        return value

    return AfterValidator(check)


def _refuse_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise _refusal("invalid", "A valid integer is required.")
    return value


filled = StringConstraints(strip_whitespace=True, min_length=1)
"""For text that is there; the space around it does not count."""

without_null = valid(ProhibitNullCharactersValidator())
"""For text that a database is to keep."""

no_boolean = BeforeValidator(_refuse_boolean)
"""For numbers, since Python counts `true` as one."""

blank_is_none = BeforeValidator(lambda value: value or None)
"""For what narrows a listing: an empty field of a form does not."""

# Not `type` aliases: those become components of the OpenAPI document, to which a field cannot add
# limits of its own.
Text = Annotated[str, StringConstraints(strip_whitespace=True), without_null]
"""What a person writes; the space around it does not count."""

Line = Annotated[str, filled, valid(one_line)]
"""Text that is there, and without a line break."""


class Input(BaseModel):
    """What a body carries: an object, with null only where null may be.

    Not a schema of Ninja's, which would take any other JSON for an object without the fields.
    """

    @model_validator(mode="before")
    @classmethod
    def _is_there(cls, data: Any) -> Any:  # noqa: ANN401 - whatever was sent
        if data is None:
            raise _refusal("null", "No data provided.")
        return data

    @field_validator("*", mode="wrap")
    @classmethod
    def _name_null(cls, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - as above
        try:
            return validate(value)
        except ValidationError as error:
            if value is None:
                raise _refusal("null", "This field may not be null.") from error
            raise


class PageQuery(Schema):
    """Which part of a listing is asked for."""

    model_config = ConfigDict(frozen=True)

    cursor: str | None = None
    page_size: int = Field(default=PAGE_SIZE, ge=1, le=MAX_PAGE_SIZE)

    def choose(self, queryset: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
        """What to read of a listing.

        Raises:
            NotFound: The cursor is not one of ours.
        """
        return self._cut().choose(queryset)

    def page(self, request: HttpRequest, found: Found) -> Page:
        """Make a page of it."""
        return self._cut().page(found.queryset, found.rows, request.build_absolute_uri())

    def cut(self, request: HttpRequest, queryset: QuerySet[Any, Any]) -> Page:
        """That part of a listing.

        Raises:
            NotFound: The cursor is not one of ours.
        """
        chosen = self.choose(queryset)
        return self.page(request, Found(chosen, list(chosen)))

    def _cut(self) -> Cut:
        return Cut.at(self.cursor, self.page_size)


class PageSchema[T](Schema):
    """Some rows of a listing, and the addresses of those around them."""

    next: str | None
    previous: str | None
    results: list[T] = Field(alias="rows")
