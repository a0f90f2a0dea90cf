"""`manage.py worker`: run background tasks."""

import os
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from apps.common.metrics.pools import watch
from apps.common.metrics.workers import serve
from apps.common.queues import Queue
from apps.common.schedule import Schedule
from apps.common.shutdown import on_stop
from apps.common.task_backends.base import default_backend
from apps.common.worker import Worker


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
        clock = parser.add_mutually_exclusive_group()
        clock.add_argument(
            "--no-schedule",
            action="store_true",
            help="leave the tasks that run by the clock to another worker: one must keep them",
        )
        clock.add_argument(
            "--schedule-only",
            action="store_true",
            help="serve no queue, only enqueue the tasks that run by the clock",
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
            help="answer /metrics, /livez and /readyz here (default: nowhere)",
        )

    def handle(
        self,
        *,
        queue: list[tuple[str, int]] | None,
        no_schedule: bool,
        schedule_only: bool,
        poll_interval: float,
        shutdown_timeout: float,
        metrics_port: int | None,
        **_: Any,
    ) -> None:
        """Work until a signal comes.

        Raises:
            CommandError: The options contradict each other.
        """
        if schedule_only and queue:
            raise CommandError("--schedule-only serves no queue, so it cannot have --queue.")
        queues = [] if schedule_only else queue or [(name, 1) for name in Queue]
        _keep_connections()
        worker = Worker(
            default_backend(),
            queues=dict(queues),
            schedule=None if no_schedule else Schedule.of_project(),
            poll_interval=poll_interval,
            shutdown_timeout=shutdown_timeout,
        )
        on_stop(worker.stop)
        if metrics_port is not None:
            watch.start()
            serve(worker, metrics_port)
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
