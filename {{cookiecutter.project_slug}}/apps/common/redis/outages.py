"""What Redis is asked although the site can do without an answer: the cache, the rate limits."""

import time
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Counter
from redis import exceptions

PAUSE = 1.0
"""Seconds after a failure in which Redis is spared, so that few requests wait in vain."""
LOG_INTERVAL = 60.0  # seconds

UNANSWERED = Counter(
    "redis_unanswered", "Questions to Redis that the site went on without.", ["purpose"]
)
# What the client raises has no base of its own in common.
FAILURES: tuple[type[Exception], ...] = (
    OSError,
    *(
        kind
        for kind in vars(exceptions).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    ),
)

log = structlog.stdlib.get_logger(__name__)


class Dispensable:
    """Asks Redis, and goes on without an answer when it fails.

    Args:
        purpose: What the answers are for, in the log and in the metric.
    """

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        self._unanswered = UNANSWERED.labels(purpose)
        self._ask_at = self._log_at = 0.0

    def ask[R](self, question: Callable[[], R], otherwise: R) -> R:
        """What Redis answers, or what to go on with otherwise."""
        if self._is_spared():
            return otherwise
        try:
            answer = question()
        except FAILURES as error:
            self._note(error)
            return otherwise
        self._ask_at = 0.0
        return answer

    async def ask_async[R](self, question: Callable[[], Awaitable[R]], otherwise: R) -> R:
        """What Redis answers, or what to go on with otherwise."""
        if self._is_spared():
            return otherwise
        try:
            answer = await question()
        except FAILURES as error:
            self._note(error)
            return otherwise
        self._ask_at = 0.0
        return answer

    def forget(self) -> None:
        """Take it that Redis answers, and that nothing has been logged."""
        self._ask_at = self._log_at = 0.0

    def _is_spared(self) -> bool:
        """Whether not to ask; after a failure, one question at a time finds out if it is over."""
        now = time.monotonic()
        if now < self._ask_at:
            self._unanswered.inc()
            return True
        if self._ask_at:
            self._ask_at = now + PAUSE
        return False

    def _note(self, error: Exception) -> None:
        now = time.monotonic()
        self._unanswered.inc()
        self._ask_at = now + PAUSE
        if now >= self._log_at:
            self._log_at = now + LOG_INTERVAL
            what = f"{type(error).__name__}: {error}"
            log.error("redis unavailable", purpose=self.purpose, error=what)
