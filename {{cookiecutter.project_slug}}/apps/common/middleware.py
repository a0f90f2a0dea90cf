"""One middleware of our own: the request's identity, its access line and its figures."""

import asyncio
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
from apps.common.log_handlers import DirectLogger
from apps.common.metrics import requests

HEADER = "X-Request-ID"
CLIENT_IS_GONE = 499  # as Nginx calls it
_ACCEPTABLE = re.compile(r"[\w.-]{8,64}")

access_log: structlog.stdlib.BoundLogger = structlog.wrap_logger(DirectLogger("access"))

type Handler = Callable[[HttpRequest], Any]


def _begin(request: HttpRequest) -> tuple[str, float]:
    given = request.headers.get(HEADER, "")
    request_id = given if _ACCEPTABLE.fullmatch(given) else str(uuid7())
    bind_request(request_id=request_id, client_ip=client_ip(request))
    return request_id, time.perf_counter()


def _end(request: HttpRequest, status: int, start: float) -> None:
    seconds = time.perf_counter() - start
    requests.observe(request, status, seconds)
    access_log.info(
        "request",
        method=request.method,
        path=request.path,
        route=request.resolver_match.route if request.resolver_match else None,
        status=status,
        duration_ms=round(seconds * 1000, 3),
    )


@sync_and_async_middleware
def request_context(get_response: Handler) -> Handler:
    """Give each request an id (the client's, when well formed), log one line for it, count it."""
    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            request_id, start = _begin(request)
            try:
                response: HttpResponseBase = await get_response(request)
            except asyncio.CancelledError:
                _end(request, CLIENT_IS_GONE, start)
                raise
            response.headers[HEADER] = request_id
            _end(request, response.status_code, start)
            return response

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        request_id, start = _begin(request)
        response: HttpResponseBase = get_response(request)
        response.headers[HEADER] = request_id
        _end(request, response.status_code, start)
        return response

    return handle
