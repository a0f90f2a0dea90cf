"""Two stacks of middleware in one process: a short one for the API, the whole one for pages."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.urls import set_script_prefix

from apps.common.fastpath.types import Application, Receive, Scope, Send
from apps.common.problems import API_PREFIX

PAGES = "/docs"
"""Addresses of the API that hold this are pages for people."""


class ApiHandler(ASGIHandler):
    """Django with the middleware of `API_MIDDLEWARE`."""

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's
        """Read the other setting; nothing else runs while the process starts."""
        whole = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.API_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request as Django does, without its two visits to a thread.

        Django pays them for `request_started` and `request_finished`, whose receivers look after
        connections. Here `RequestThreads` does, where there are any; the signals are not sent.
        """
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        set_script_prefix(get_script_prefix(scope))
        with closing(body):
            request, refusal = self.create_request(scope, body)
            with _until_disconnect(self.listen_for_disconnect(receive)):
                response: Any = await self.run_get_response(request) if request else refusal
                if not response.streaming:
                    response.headers.setdefault("Content-Length", str(len(response.content)))
                try:
                    await self.send_response(response, send)
                finally:
                    # What `close` does besides sending the signal.
                    for close in response._resource_closers:  # noqa: SLF001 - no other way
                        close()


@contextmanager
def _until_disconnect(listening: Coroutine[Any, Any, None]) -> Iterator[None]:
    """Give up what is in the block when the client is gone: nobody waits for it any more."""
    serving = cast("asyncio.Task[Any]", asyncio.current_task())
    listener = asyncio.create_task(listening)
    is_waiting, is_gone = True, False

    def hang_up(_: object) -> None:
        nonlocal is_gone
        if not listener.cancelled() and listener.exception() and is_waiting:
            is_gone = True
            serving.cancel()

    listener.add_done_callback(hang_up)
    try:
        yield
    except asyncio.CancelledError:
        # The server may have cancelled the request as well.
        if not is_gone or serving.uncancel():
            raise
    finally:
        is_waiting = False
        listener.cancel()


class Stacks:
    """An ASGI application that sends each request through the stack it needs."""

    def __init__(self, *, api: Application, pages: Application) -> None:
        self.api = api
        self.pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        path = scope["path"]
        is_api = path.startswith(API_PREFIX) and PAGES not in path
        await (self.api if is_api else self.pages)(scope, receive, send)
