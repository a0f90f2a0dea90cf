"""The span of a request, which begins a trace or continues that of the caller."""

from collections.abc import Callable
from contextvars import Token
from inspect import iscoroutinefunction
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Span, SpanKind

from apps.common.middleware import HEADER
from apps.common.tracing.calls import fail, propagator, tracer

SERVER_ERROR = 500
NO_CALLER = Context()

type Handler = Callable[[HttpRequest], Any]
type Begun = tuple[Span, Token[Context]]


@sync_and_async_middleware
def traced(get_response: Handler) -> Handler:
    """Give each request a span."""
    if iscoroutinefunction(get_response):

        async def handle_async(request: HttpRequest) -> HttpResponseBase:
            begun = _begin(request)
            try:
                response: HttpResponseBase = await get_response(request)
                _describe(begun, request, response)
                return response
            finally:
                _end(begun)

        return handle_async

    def handle(request: HttpRequest) -> HttpResponseBase:
        begun = _begin(request)
        try:
            response: HttpResponseBase = get_response(request)
            _describe(begun, request, response)
            return response
        finally:
            _end(begun)

    return handle


def _begin(request: HttpRequest) -> Begun:
    """Start a span, and make it the current one: the SDK's way to do both costs twice as much."""
    has_caller = "HTTP_TRACEPARENT" in request.META
    caller = propagator.extract(request.headers) if has_caller else NO_CALLER
    span = tracer.start_span(str(request.method), caller, SpanKind.SERVER)
    return span, attach(trace.set_span_in_context(span))


def _describe(begun: Begun, request: HttpRequest, response: HttpResponseBase) -> None:
    """Say what the request was for and what came of it, unless nobody will hear it."""
    span, _ = begun
    if not span.is_recording():
        return
    attributes: dict[str, str | int] = {
        "http.request.method": str(request.method),
        "http.response.status_code": response.status_code,
        "request_id": response.headers.get(HEADER, ""),
    }
    if request.resolver_match:
        # The address itself may hold what is nobody's business.
        route = f"/{request.resolver_match.route}"
        attributes["http.route"] = route
        span.update_name(f"{request.method} {route}")
    span.set_attributes(attributes)
    if response.status_code >= SERVER_ERROR:
        fail(span, str(response.status_code))


def _end(begun: Begun) -> None:
    span, outside = begun
    detach(outside)
    span.end()
