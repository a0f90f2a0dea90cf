"""`python -m config.serve`: serve the site with Uvicorn, and lose no request when it ends.

On SIGTERM or SIGINT the process says that it is not ready, serves for `APP_DRAIN_SECONDS` more, takes no new
connections, lets the running requests finish and exits with status 0. Another signal a second later ends it at once.
"""

import asyncio
import os
import socket
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

import uvicorn
from django.conf import settings

from apps.common.fastpath.probes import stop_being_ready
from apps.common.shutdown import on_stop
from config.asgi import application

# Seconds. In this order they are less than the 45 that whoever stops the process should allow.
LINGER = 5  # for idle connections to be closed by the proxy, which keeps them for less
RUNNING = 20  # for running requests
GOODBYE = 5  # for the last spans and log lines

KEEP_ALIVE = 75  # seconds: proxies should be the ones who close idle connections


class Server(uvicorn.Server):
    """Uvicorn, except for how it ends."""

    _ends_at: float | None = None

    def stop(self) -> None:
        """Be ready no more, and end after a while."""
        stop_being_ready()
        self._ends_at = self._ends_at or time.monotonic() + settings.DRAIN_SECONDS

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Listen to signals; Uvicorn would end by the same signal, and leave out what `atexit` has."""
        on_stop(self.stop)
        yield

    async def on_tick(self, counter: int) -> bool:
        """Whether it is time to end, ten times a second."""
        self.should_exit = self._ends_at is not None and self._ends_at <= time.monotonic()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End without a connection on which the proxy may just be sending a request."""
        for server in self.servers:
            server.close()
        self.server_state.default_headers = [
            *self.server_state.default_headers,
            (b"connection", b"close"),
        ]
        deadline = time.monotonic() + min(LINGER, settings.DRAIN_SECONDS)
        while self.server_state.connections and time.monotonic() < deadline:  # noqa: ASYNC110 - so does Uvicorn
            await asyncio.sleep(0.1)
        await super().shutdown(sockets)

        # % if cookiecutter.use_ninja
        from apps.common.async_ninja import reads  # noqa: PLC0415 - only after Django is set up

        await reads.close()
        # % endif
        # The usual exit waits for threads, and a request that was cut off may still keep one busy.
        watchdog = Timer(GOODBYE, os._exit, (1,))
        watchdog.daemon = True
        watchdog.start()


def main() -> None:
    """Serve until a signal comes."""
    parser = ArgumentParser(prog="python -m config.serve", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    Server(
        uvicorn.Config(
            application,
            host=arguments.host,
            port=arguments.port,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=RUNNING,
        )
    ).run()


if __name__ == "__main__":
    main()
