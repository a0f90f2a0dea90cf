"""Errors of Django Ninja as the same problem documents that version 1 answers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from rest_framework import exceptions

from apps.common.errors import ApplicationError, Extension, InvalidInput
from apps.common.problems import exception_handler

CODES = {
    "missing": "required",
    "enum": "invalid_choice",
    "literal_error": "invalid_choice",
    "list_type": "not_a_list",
    "string_unicode": "surrogate_characters_not_allowed",
    "string_too_short": "min_length",
    "string_too_long": "max_length",
    "too_short": "min_length",
    "too_long": "max_length",
    "greater_than_equal": "min_value",
    "less_than_equal": "max_value",
    "decimal_max_digits": "max_digits",
    "decimal_max_places": "max_decimal_places",
    "decimal_whole_digits": "max_whole_digits",
}
"""What REST framework calls a problem that pydantic finds; all others it calls `invalid`."""


def handle(_request: HttpRequest, exception: Any) -> HttpResponse:  # noqa: ANN401 - Ninja's type
    """Answer an exception raised in an operation or on the way to it.

    Raises:
        Exception: It is a defect, which becomes a 500.
    """
    response = exception_handler(_translate(exception), None)
    if response is None:
        raise exception
    return response


def _translate(exception: Exception) -> Exception:
    """What REST framework or this project would have raised instead."""
    match exception:
        case AuthenticationError():
            return exceptions.NotAuthenticated()
        case Throttled():
            return exceptions.Throttled(exception.wait)
        case ValidationError():
            found: list[Extension] = [_describe(problem) for problem in exception.errors]
            return InvalidInput("Some fields are not valid.", errors=found)
        case HttpError(__cause__=ApplicationError() as cause):
            return cause
        case HttpError(status_code=400):
            return InvalidInput(exception.message)
        case _:
            return exception


def _describe(problem: dict[str, Any]) -> dict[str, Extension]:
    """One entry of a problem's `errors`, with the path of the field as its sender knows it."""
    # Pydantic's begins with the place, and in a body with the name of the operation's parameter.
    place, *path = problem["loc"]
    return {
        "field": ".".join(map(str, path[1:] if place == "body" else path)),
        "message": problem["msg"].removeprefix("Value error, "),
        "code": _code(problem),
    }


def _code(problem: dict[str, Any]) -> str:
    match problem:
        case {"ctx": {"code": str(code)}}:
            return code
        case {"type": "string_too_short", "ctx": {"min_length": 1}}:
            return "blank"
        case {"type": "too_short", "ctx": {"min_length": 1}}:
            return "empty"
        case _:
            return CODES.get(problem["type"], "invalid")
