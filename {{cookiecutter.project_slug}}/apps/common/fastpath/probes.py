"""Health probes, answered before Django: no middleware, no request thread, no log line.

`/livez` says the process runs its loop, `/readyz` that it can reach the database and is not about
to end, `/startupz` that the database has every migration. An orchestrator restarts on the first,
routes on the second and waits for the third.
"""

import asyncio
from collections.abc import Callable

import structlog
from asgiref.sync import sync_to_async
from django.db import DatabaseError, close_old_connections, connection
from django.db.migrations.executor import MigrationExecutor

from apps.common.fastpath.types import Application, Receive, Scope, Send

TIMEOUT_SECONDS = 2

log = structlog.stdlib.get_logger(__name__)


def is_alive() -> bool:
    """Always: a process that cannot answer is not alive."""
    return True


def is_ready() -> bool:
    """Whether the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def is_not_ready() -> bool:
    """Never: the process is about to end."""
    return False


def is_started() -> bool:
    """Whether no migration is left to apply."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


PROBES: dict[str, Callable[[], bool]] = {
    "/livez": is_alive,
    "/readyz": is_ready,
    "/startupz": is_started,
}


def stop_being_ready() -> None:
    """Let the readiness probe fail from now on; may be called by the handler of a signal."""
    PROBES["/readyz"] = is_not_ready


def passes(probe: Callable[[], bool]) -> bool:
    """Run a probe; a database that fails is an answer, not an error."""
    try:
        return probe()
    except DatabaseError as error:
        log.warning("probe failed", probe=probe.__name__, exc_info=error)
        return False
    finally:
        close_old_connections()


class HealthProbes:
    """Wraps an ASGI application, answering the probes in its place."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 200 or 503 to a probe; pass everything else on."""
        probe = PROBES.get(scope["path"]) if scope["type"] == "http" else None
        if probe is None:
            await self.application(scope, receive, send)
            return
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                healthy = await sync_to_async(passes, thread_sensitive=False)(probe)
        except TimeoutError:
            healthy = False
        await send(
            {
                "type": "http.response.start",
                "status": 200 if healthy else 503,
                "headers": [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")],
            }
        )
        body = b"ok" if healthy else b"unavailable"
        await send({"type": "http.response.body", "body": body})
