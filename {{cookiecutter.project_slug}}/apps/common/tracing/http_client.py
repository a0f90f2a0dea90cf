"""Spans of requests to others, who learn of the trace: the host, without the rest of the address.

What stands behind the host may be a key.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from httpx import AsyncHTTPTransport, HTTPTransport, Request, Response, codes
from opentelemetry.trace import SpanKind

from apps.common.tracing.calls import Call, Look, fail, propagator, span


def calls() -> Iterator[Call]:
    """What sends requests."""
    yield Call(HTTPTransport, "handle_request", around_request)
    yield Call(AsyncHTTPTransport, "handle_async_request", around_request)


@contextmanager
def around_request(_transport: object, request: Request) -> Iterator[Look]:
    """A span for a request."""
    attributes = {"http.request.method": request.method, "server.address": request.url.host}
    with span(request.method, SpanKind.CLIENT, attributes) as current:
        propagator.inject(request.headers)

        def look(response: Response) -> None:
            current.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= codes.BAD_REQUEST:
                fail(current, str(response.status_code))

        yield look
