"""Two stacks of middleware in one process: a short one for the API, the whole one for pages."""

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

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
