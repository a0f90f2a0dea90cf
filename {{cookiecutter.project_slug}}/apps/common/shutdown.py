"""How a process learns that it should end."""

import signal
import time
from collections.abc import Callable
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# Whoever starts a process may pass on a signal that the process has received as well.
SAME_REQUEST = 1.0  # seconds


def on_stop(stop: Callable[[], None]) -> None:
    """Call a function when SIGTERM or SIGINT comes; another one a second later ends the process.

    Args:
        stop: May interrupt anything, itself included: it should set a flag, and take no lock.
    """
    asked_at: float | None = None

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal asked_at
        now = time.monotonic()
        if asked_at is not None and now - asked_at > SAME_REQUEST:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        asked_at = asked_at or now
        stop()

    for number in SIGNALS:
        signal.signal(number, handle)
