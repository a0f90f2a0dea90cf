"""A worker process: threads for each queue, one for the claims and one for the schedule.

Each queue has threads of its own, so that a slow e-mail never delays a payment. Every thread
repeats one small step until it is told to stop, and an error in a step, such as a database that is
away, only makes it pause for longer.
"""

import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from threading import Event, Thread
from typing import Protocol

import structlog
from django.db import close_old_connections, connections

from apps.common.schedule import Schedule

BEATS_PER_CLAIM = 4
MAX_PAUSE = 10.0  # seconds, after repeated errors
LOOK_AROUND = 0.2  # seconds between two looks at the threads

type Step = Callable[[], float]
"""Does a piece of work and returns the seconds to wait before the next one."""

log = structlog.stdlib.get_logger(__name__)


class TaskSource(Protocol):
    """What a worker needs of a task backend; it is used from several threads at once."""

    @property
    def claim_timeout(self) -> timedelta:
        """How long a task may go without a sign of life."""

    def run_next(self, *, worker_id: str, queue_name: str, wait: float) -> object | None:
        """Run one task that is due or, if it can wait for one, becomes so; else return None."""

    def maintain(self) -> None:
        """Keep the claims of this process fresh and recover the tasks of dead ones."""

    def hand_back(self) -> None:
        """Give up the claims of this process, for other workers to take the tasks at once."""


class Worker:
    """Runs the tasks of some queues until it is stopped.

    Args:
        source: Where the tasks are.
        queues: The queues to serve, and how many threads each has.
        schedule: The tasks to enqueue by the clock, in at most one process.
        poll_interval: Seconds between two looks at an empty queue.
        shutdown_timeout: Seconds that running tasks are given to finish.
    """

    def __init__(
        self,
        source: TaskSource,
        *,
        queues: Mapping[str, int],
        schedule: Schedule | None = None,
        poll_interval: float = 0.5,
        shutdown_timeout: float = 25,
    ) -> None:
        self._source = source
        self._queues = queues
        self._schedule = schedule
        self._poll_interval = poll_interval
        self._shutdown_timeout = shutdown_timeout
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._threads: list[Thread] = []
        self._stop_asked = False
        self._stopping = Event()
        self._idle = Event()

    def stop(self) -> None:
        """Start no further task.

        Only sets a flag, since a signal handler calls this: it may interrupt anything, itself
        included, and would wait for ever on a lock that the thread it interrupts is holding.
        """
        self._stop_asked = True

    @property
    def is_alive(self) -> bool:
        """Whether every thread is at work, or ends because it should."""
        return self._stop_asked or all(thread.is_alive() for thread in self._threads)

    @property
    def is_ready(self) -> bool:
        """Whether it starts tasks."""
        return bool(self._threads) and not self._stop_asked and not self._stopping.is_set()

    def run(self) -> bool:
        """Work until stopped, then let the running tasks finish.

        Returns:
            Whether all went well: no thread died, and every task finished in time.
        """
        serving = [
            self._start(name := f"{queue}-{number}", partial(self._serve, queue, name))
            for queue, threads in self._queues.items()
            for number in range(1, threads + 1)
        ]
        if self._schedule is not None:
            serving.append(self._start("schedule", self._schedule.enqueue_due))
        claims = self._start("claims", self._maintain, until=self._idle)
        log.info(
            "worker started",
            worker=self._name,
            queues=self._queues,
            scheduled_tasks=len(self._schedule or ()),
        )
        self._threads = [*serving, claims]
        healthy = self._watch(self._threads)
        self._stopping.set()
        log.info("worker stopping")
        deadline = time.monotonic() + self._shutdown_timeout
        finished = _join(serving, deadline)
        if not finished:
            self._hand_back()
        # Only now: until the last running task has finished, its claim must be kept.
        self._idle.set()
        _join([claims], deadline)
        log.info("worker stopped", finished=finished)
        return healthy and finished

    def _start(self, name: str, step: Step, until: Event | None = None) -> Thread:
        """Repeat a step in a thread of its own."""
        thread = Thread(
            target=self._repeat, args=(step, until or self._stopping), name=name, daemon=True
        )
        thread.start()
        return thread

    def _repeat(self, step: Step, until: Event) -> None:
        """Make one step after the other, whatever happens in them."""
        pause, failures = 0.0, 0
        while not until.wait(pause):
            try:
                pause, failures = step(), 0
            except Exception:
                failures += 1
                pause = min(self._poll_interval * 2**failures, MAX_PAUSE)
                log.exception("worker step failed", next_attempt_after=pause)
            finally:
                close_old_connections()
        connections.close_all()

    def _serve(self, queue: str, thread: str) -> float:
        """Run one task of a queue."""
        if self._stop_asked:
            return self._poll_interval
        next_look = time.monotonic() + self._poll_interval
        task = self._source.run_next(
            worker_id=f"{self._name}:{thread}", queue_name=queue, wait=self._poll_interval
        )
        return 0 if task is not None else max(0, next_look - time.monotonic())

    def _maintain(self) -> float:
        """Care for the claims."""
        self._source.maintain()
        return self._source.claim_timeout.total_seconds() / BEATS_PER_CLAIM

    def _hand_back(self) -> None:
        """Let other workers have what is not finished; they would find it without, but later."""
        try:
            self._source.hand_back()
        except Exception:
            log.exception("tasks not handed back")

    def _watch(self, threads: Sequence[Thread]) -> bool:
        """Wait until told to stop (True) or until a thread has died (False)."""
        while not self._stop_asked:
            if dead := [thread.name for thread in threads if not thread.is_alive()]:
                log.critical("worker thread died", threads=dead)
                return False
            threads[0].join(LOOK_AROUND)
        return True


def _join(threads: Sequence[Thread], deadline: float) -> bool:
    """Wait for threads to end; whether all of them did before the deadline."""
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)
