"""Who asks, and in which request: carried through async code, threads, tasks and log lines."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import structlog
from django.conf import settings
from django.http import HttpRequest


def current() -> dict[str, str]:
    """The context of this request or task: those of `CONTEXT_FIELDS` that are known."""
    bound = structlog.contextvars.get_contextvars()
    return {name: bound[name] for name in settings.CONTEXT_FIELDS if name in bound}


def bind_request(*, request_id: str, client_ip: str) -> None:
    """Start the context of a request, dropping whatever an earlier one left."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id, client_ip=client_ip)


def bind_actor(user_id: object) -> None:
    """Name the signed-in user, by public id."""
    structlog.contextvars.bind_contextvars(user_id=str(user_id))


@contextmanager
def restored(context: Mapping[str, str]) -> Iterator[None]:
    """Work on behalf of the request whose `current()` this was, and of no other."""
    others = current()
    structlog.contextvars.unbind_contextvars(*others)
    try:
        with structlog.contextvars.bound_contextvars(**context):
            yield
    finally:
        structlog.contextvars.bind_contextvars(**others)


def client_ip(request: HttpRequest) -> str:
    """The address the request came from.

    Behind `TRUSTED_PROXIES` proxies, each of which appends the address it saw, the client's is that
    many entries from the end of `X-Forwarded-For`; anything before it the client may have forged.
    """
    peer = str(request.META.get("REMOTE_ADDR") or "")
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    trusted = settings.TRUSTED_PROXIES
    return (hops[-trusted] or peer) if 0 < trusted <= len(hops) else peer
