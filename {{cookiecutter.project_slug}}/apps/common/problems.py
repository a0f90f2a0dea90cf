"""Errors as RFC 9457 problem documents, for the API and for what never reaches it."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions

from apps.common import context, errors
from apps.common.errors import ApplicationError, Extension
from apps.common.outages import is_outage

CONTENT_TYPE = "application/problem+json"
API_PREFIX = "/api/"
RETRY_AFTER_SECONDS = 5

COUNTERPARTS: dict[type[Exception], type[ApplicationError]] = {
    Http404: errors.NotFound,
    PermissionDenied: errors.Forbidden,
    exceptions.NotFound: errors.NotFound,
    exceptions.PermissionDenied: errors.Forbidden,
    exceptions.NotAuthenticated: errors.NotAuthenticated,
    exceptions.AuthenticationFailed: errors.NotAuthenticated,
    exceptions.ParseError: errors.InvalidInput,
    exceptions.MethodNotAllowed: errors.MethodNotAllowed,
    exceptions.NotAcceptable: errors.NotAcceptable,
    exceptions.UnsupportedMediaType: errors.UnsupportedMediaType,
}

log = structlog.stdlib.get_logger(__name__)


def problem(error: ApplicationError) -> dict[str, Extension]:
    """The document of an error; `type` names the kind of problem, for programs."""
    return {
        "type": f"urn:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": context.current().get("request_id", ""),
        **error.extensions,
    }


def exception_handler(exception: Exception, _context: object) -> HttpResponse | None:
    """Answer an exception raised in a REST framework view; None lets a defect become a 500."""
    error = as_application_error(exception)
    return None if error is None else respond(error, _headers(exception, error))


def respond(error: ApplicationError, headers: dict[str, str] | None = None) -> HttpResponse:
    """The answer that tells of an error, in JSON whatever else the view speaks."""
    return JsonResponse(
        problem(error), status=error.status, headers=headers, content_type=CONTENT_TYPE
    )


def as_application_error(exception: Exception) -> ApplicationError | None:
    """The error of ours that says the same as an exception of Django or REST framework."""
    match exception:
        case ApplicationError():
            return exception
        case exceptions.ValidationError():
            return errors.InvalidInput(
                "Some fields are not valid.", errors=list(_flatten(exception.get_full_details()))
            )
        case exceptions.Throttled():
            return errors.RateLimited(f"Try again in {_wait(exception)} seconds.")
        case _ if is_outage(exception):
            log.error("database unavailable", exc_info=exception)
            return errors.ServiceUnavailable("The database does not answer.")
    for known, error in COUNTERPARTS.items():
        if isinstance(exception, known):
            return error(str(getattr(exception, "detail", "")))
    return None


def _headers(exception: Exception, error: ApplicationError) -> dict[str, str]:
    match error:
        case errors.NotAuthenticated():
            return {"WWW-Authenticate": getattr(exception, "auth_header", "Bearer")}
        case errors.RateLimited():
            return {"Retry-After": str(_wait(exception))}
        case errors.ServiceUnavailable():
            return {"Retry-After": str(RETRY_AFTER_SECONDS)}
        case _:
            return {}


def _wait(exception: Exception) -> int:
    """Seconds until a throttled caller is admitted again."""
    return math.ceil(getattr(exception, "wait", None) or 1)


def _flatten(details: Any, path: str = "") -> Iterator[dict[str, Extension]]:  # noqa: ANN401
    """One entry per message of REST framework's nested validation details."""
    match details:
        case {"message": message, "code": code}:
            yield {"field": path, "message": str(message), "code": str(code)}
        case Mapping():
            for name, inner in details.items():
                field = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
                yield from _flatten(inner, field)
        case list():
            for inner in details:
                yield from _flatten(inner, path)


def _page(request: HttpRequest, error: ApplicationError) -> HttpResponse | None:
    return respond(error) if request.path.startswith(API_PREFIX) else None


@csrf_exempt
def api_not_found(_request: HttpRequest, **_path: str) -> HttpResponse:
    """Answer an address of the API that no other route matches, in development as well.

    Being a route, it also keeps Django from redirecting a request whose address lacks its slash,
    which would turn a POST into a GET.
    """
    return respond(errors.NotFound())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that no route matches."""
    return _page(request, errors.NotFound()) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a defect; the traceback is in the log, under the same request id."""
    return _page(request, ApplicationError()) or defaults.server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refuses, such as one for a foreign host."""
    return _page(request, errors.InvalidInput()) or defaults.bad_request(request, exception)
