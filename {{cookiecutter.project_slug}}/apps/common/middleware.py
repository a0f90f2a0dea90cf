"""One middleware of our own: the request's identity and its access line."""

import re
import time
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from apps.common.context import bind_request, client_ip
from apps.common.ids import uuid7

HEADER = "X-Request-ID"
_ACCEPTABLE = re.compile(r"[\w.-]{8,64}")

access_log = structlog.stdlib.get_logger("access")

type Handler = Callable[[HttpRequest], Any]


def _begin(request: HttpRequest) -> tuple[str, float]:
    given = request.headers.get(HEADER, "")
    request_id = given if _ACCEPTABLE.fullmatch(given) else str(uuid7())
    bind_request(request_id=request_id, client_ip=client_ip(request))
    return request_id, time.perf_counter()


def _end(request: HttpRequest, response: HttpResponseBase, request_id: str, start: float) -> None:
    response.headers[HEADER] = request_id
    access_log.info(
        "request",
        method=request.method,
        path=request.path,
        route=request.resolver_match.route if request.resolver_match else None,
        status=response.status_code,
        duration_ms=round((time.perf_counter() - start) * 1000, 3),
    )


@sync_and_async_middleware
def request_context(get_response: Handler) -> Handler:
    """Give each request an id (the client's, when well formed), and log one line for it."""
    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            request_id, start = _begin(request)
            response: HttpResponseBase = await get_response(request)
            _end(request, response, request_id, start)
            return response

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        request_id, start = _begin(request)
        response: HttpResponseBase = get_response(request)
        _end(request, response, request_id, start)
        return response

    return handle
