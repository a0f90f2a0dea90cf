"""How tests speak to the API: to one version of it, through Django's test client or as a server."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from asgiref.sync import async_to_sync
from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest, HttpResponse
from django.http.response import ResponseHeaders
from django.test.client import ClientHandler
from rest_framework.test import APIClient

from apps.common.fastpath.threads import Lane
from apps.common.fastpath.types import Scope
from config.asgi import application, django_application


class VersionClient(APIClient):
    """Speaks to one version of the API: addresses are below it, unless they are whole ones.

    Args:
        version: Such as `v1`.
        transport: How its requests get there, a name of `TRANSPORTS`.
    """

    def __init__(self, version: str, transport: str) -> None:
        super().__init__()
        self.root = f"/api/{version}"
        self.handler = TRANSPORTS[transport]

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]  # noqa: ANN401 - as there
        """Send a request."""
        is_whole = path.startswith(("/api/", "http://"))
        return super().generic(method, path if is_whole else self.root + path, *args, **kwargs)


def complaints(response: Any) -> dict[str, set[str]]:  # noqa: ANN401 - a client's response
    """What a refused request has wrong: codes, by field."""
    found: dict[str, set[str]] = {}
    for error in response.json()["errors"]:
        found.setdefault(error["field"], set()).add(error["code"])
    return found


class ServerHandler(ClientHandler):
    """Passes requests on to the ASGI application, as a server does."""

    def get_response(self, request: HttpRequest) -> HttpResponse:
        """What the application answers."""
        with shared_connection():
            return async_to_sync(exchange)(scope_of(request), request.read())


# Middleware takes longer to load than most requests take.
TRANSPORTS = {"client": ClientHandler(enforce_csrf_checks=False), "asgi": ServerHandler()}


class SharedLane(Lane):
    """A thread that leaves its connection open, since it belongs to the test."""

    def leave(self) -> bool:
        """End a request."""
        return True


@contextmanager
def shared_connection() -> Iterator[None]:
    """Let the next request use the connection of this thread, and see what is not committed."""
    idle = django_application.idle
    connection = connections[DEFAULT_DB_ALIAS]
    connection.inc_thread_sharing()
    lane = SharedLane()
    lane.submit(connections.__setitem__, DEFAULT_DB_ALIAS, connection)
    idle.append(lane)
    try:
        yield
    finally:
        idle.remove(lane)
        lane.shutdown()
        connection.dec_thread_sharing()


def scope_of(request: HttpRequest) -> Scope:
    """A request as a server describes it."""
    return {
        "type": "http",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "query_string": request.META["QUERY_STRING"].encode("latin-1"),
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in request.headers.items()
        ],
        "client": (request.META["REMOTE_ADDR"], 0),
        "server": (request.META["SERVER_NAME"], int(request.META["SERVER_PORT"])),
    }


async def exchange(scope: Scope, body: bytes) -> HttpResponse:
    """Send a request to the application, and wait for the whole of its answer."""
    arriving: list[Mapping[str, Any]] = [{"type": "http.request", "body": body}]
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        return arriving.pop() if arriving else await asyncio.Future()  # The client stays.

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    await application(scope, receive, send)
    start, *parts = sent
    response = HttpResponse(
        b"".join(part.get("body", b"") for part in parts), status=start["status"]
    )
    response.headers = ResponseHeaders(
        {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    )
    return response
