"""Threads for the synchronous part of requests, used again and again."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext
from django.db import close_old_connections, connections

from apps.common.fastpath.types import Application, Receive, Scope, Send

KEEP = 64
"""Idle threads that are kept; a burst may use more."""


class Lane(ThreadPoolExecutor):
    """One thread, which knows what the request that has it left behind."""

    def __init__(self) -> None:
        super().__init__(max_workers=1, thread_name_prefix="request")
        self._latest: Future[Any] | None = None

    def submit[**P, R](
        self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[R]:
        """Queue a call."""
        future = super().submit(call, *args, **kwargs)
        self._latest = future
        return future

    def leave(self) -> bool:
        """End a request without waiting for its connections to go back to the pool.

        Returns:
            Whether all its calls have ended, so that the next request need not wait for them.
        """
        latest, self._latest = self._latest, None
        if latest is None:
            return True
        super().submit(close_old_connections)
        # One that was cancelled while it waited has never seen the end of those before it.
        return latest.done() and not latest.cancelled()


class RequestThreads:
    """Wraps an ASGI application: every request has a thread to itself, and leaves it to another.

    Whatever connections the request has opened there go back to the pool when it ends.

    Django starts a thread for every request, and another one to end it, which costs as much as a
    simple query.
    """

    def __init__(self, application: Application, *, keep: int = KEEP) -> None:
        self.application = application
        self.keep = keep
        self.idle: list[Lane] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, on the thread that was idle for the shortest time."""
        lane = self.idle.pop() if self.idle else Lane()
        try:
            async with ThreadSensitiveContext(executor=lane):
                await self.application(scope, receive, send)
        finally:
            # A client that hangs up leaves a call behind: nobody should have to wait for that one.
            if lane.leave() and len(self.idle) < self.keep:
                self.idle.append(lane)
            else:
                lane.submit(connections.close_all)
                lane.shutdown(wait=False)
