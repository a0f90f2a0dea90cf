"""The tasks that run by the clock: those declared with crontask's `@cron`.

crontask only declares them here. Its own scheduler would enqueue from a pool of threads that keep
their database connections for ever, and would drop what it could not enqueue at the minute.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, Self

from crontask import scheduler
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

# The longest sleep: after it, a clock that was set or a computer that was suspended is noticed.
LOOK_AGAIN = timedelta(minutes=1)


class Trigger(Protocol):
    """When something happens again (the interface of APScheduler's triggers)."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime, /) -> datetime | None:
        """The first time after `previous`, or from `now` on if there is none; None for never."""


@dataclass(slots=True)
class Entry:
    """Something to be enqueued again and again."""

    enqueue: Callable[[], object]
    trigger: Trigger
    due: datetime | None

    def enqueue_if_due(self, now: datetime) -> None:
        """Enqueue once, however many times were missed; stay due if that fails."""
        if self.due is None or self.due > now:
            return
        self.enqueue()
        while self.due is not None and self.due <= now:
            self.due = self.trigger.get_next_fire_time(self.due, now)


class Schedule:
    """Enqueues tasks when they are due; exactly one process may keep it."""

    def __init__(self, tasks: Iterable[tuple[Callable[[], object], Trigger]]) -> None:
        now = timezone.now()
        self._entries = [
            Entry(enqueue, trigger, due=trigger.get_next_fire_time(None, now))
            for enqueue, trigger in tasks
        ]

    @classmethod
    def of_project(cls) -> Self:
        """The schedule of every task declared in a `tasks` module of an installed app."""
        autodiscover_modules("tasks")
        return cls((job.func, job.trigger) for job in scheduler.get_jobs())

    def __len__(self) -> int:
        return len(self._entries)

    def enqueue_due(self) -> float:
        """Enqueue what is due; the seconds until it is worth looking again."""
        now = timezone.now()
        for entry in self._entries:
            entry.enqueue_if_due(now)
        waits = [entry.due - now for entry in self._entries if entry.due is not None]
        return min([LOOK_AGAIN, *waits]).total_seconds()
