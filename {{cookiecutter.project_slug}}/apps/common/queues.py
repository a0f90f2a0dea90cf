"""The queues of background tasks, each served by its own thread or worker process."""

from enum import StrEnum


class Queue(StrEnum):
    """A queue of tasks; tasks in different queues never wait for each other."""

    CRITICAL = "critical"
    EMAILS = "emails"
    ANALYTICS = "analytics"

    @property
    def priority(self) -> int:
        """Django's task priority, from -100 (whenever there is time) to 100 (at once)."""
        return _PRIORITIES[self]


_PRIORITIES = {Queue.CRITICAL: 100, Queue.EMAILS: 50, Queue.ANALYTICS: -50}
