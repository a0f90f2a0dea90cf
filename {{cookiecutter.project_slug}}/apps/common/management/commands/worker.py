"""`manage.py worker`: run background tasks."""

import os
import signal
import time
from argparse import ArgumentParser, ArgumentTypeError
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections
from prometheus_client import start_http_server

from apps.common.metrics.exposition import registry
from apps.common.metrics.pools import watch
from apps.common.queues import Queue
from apps.common.schedule import Schedule
from apps.common.task_backends.base import default_backend
from apps.common.worker import Worker

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# Whoever starts the worker may pass on a signal that the worker has received as well.
SAME_REQUEST = 1.0  # seconds


class Command(BaseCommand):
    """Serves the queues of background tasks until SIGTERM or SIGINT."""

    # They are `manage.py check`'s: without them a worker starts in half the time and memory, since
    # it never imports the URLs.
    requires_system_checks = ()
    help = "Run background tasks until SIGTERM or SIGINT; a second signal forces the end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--queue",
            action="append",
            type=_queue,
            metavar="NAME[=THREADS]",
            help=f"a queue to serve, of {', '.join(Queue)}; may be repeated (default: all, each "
            "by one thread)",
        )
        parser.add_argument(
            "--no-schedule",
            action="store_true",
            help="leave the tasks that run by the clock to another worker: one must keep them",
        )
        parser.add_argument(
            "--poll-interval",
            type=float,
            default=0.5,
            metavar="SECONDS",
            help="between two looks at an empty queue (default: %(default)s)",
        )
        parser.add_argument(
            "--shutdown-timeout",
            type=float,
            default=25,
            metavar="SECONDS",
            help="that running tasks are given to finish (default: %(default)s)",
        )
        parser.add_argument(
            "--metrics-port",
            type=int,
            metavar="PORT",
            help="answer Prometheus here, at /metrics (default: nowhere)",
        )

    def handle(
        self,
        *,
        queue: list[tuple[str, int]] | None,
        no_schedule: bool,
        poll_interval: float,
        shutdown_timeout: float,
        metrics_port: int | None,
        **_: Any,
    ) -> None:
        """Work until a signal comes."""
        _keep_connections()
        worker = Worker(
            default_backend(),
            queues=dict(queue or [(name, 1) for name in Queue]),
            schedule=None if no_schedule else Schedule.of_project(),
            poll_interval=poll_interval,
            shutdown_timeout=shutdown_timeout,
        )

        asked_at: float | None = None

        def stop(number: int, _frame: FrameType | None) -> None:
            nonlocal asked_at
            now = time.monotonic()
            if asked_at is not None and now - asked_at > SAME_REQUEST:
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)
            asked_at = asked_at or now
            worker.stop()

        for number in SIGNALS:
            signal.signal(number, stop)
        if metrics_port is not None:
            watch.start()
            start_http_server(metrics_port, registry=registry())
        if not worker.run():
            # The usual exit would wait for threads that are busy. The claims of their tasks expire,
            # and another worker runs them again.
            os._exit(1)


def _queue(text: str) -> tuple[str, int]:
    """A queue and how many threads serve it, as in `emails=4`."""
    name, _, threads = text.partition("=")
    if name not in set(Queue):
        raise ArgumentTypeError(f"{name} is none of {', '.join(Queue)}")
    if not (threads or "1").isdecimal() or threads == "0":
        raise ArgumentTypeError(f"{threads} is no number of threads")
    return name, int(threads or 1)


def _keep_connections() -> None:
    """Let each thread keep its database connection from task to task.

    The settings have requests in mind, whose threads come and go. Reopening an SQLite file for each
    task takes four times as long as keeping it open; a pool keeps connections by itself.
    """
    for database in connections.settings.values():
        if "pool" not in database["OPTIONS"]:
            database["CONN_MAX_AGE"] = None
