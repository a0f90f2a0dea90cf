"""Which failures of a task are worth another attempt, and when.

A failure is transient when the same call may succeed later without anybody changing anything: a
lost connection, a time-out, a server that asks for patience. Everything else is permanent.
"""

import smtplib
import socket
from collections.abc import Sequence
from datetime import timedelta

import httpx
from redis import exceptions as redis

from apps.common.outages import is_outage


class TransientError(Exception):
    """Raised by a task, or by what it calls, to ask for another attempt later."""


TRANSIENT_ERRORS: tuple[type[Exception], ...] = (
    TransientError,
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    httpx.TransportError,
    redis.ConnectionError,
    redis.TimeoutError,
    redis.ReadOnlyError,
    smtplib.SMTPConnectError,
    smtplib.SMTPServerDisconnected,
)

RETRY_DELAYS = (60, 120, 240)
"""Seconds to wait before the second, third and fourth attempt; then the task has failed."""


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed later."""
    match error:
        case smtplib.SMTPConnectError():
            return True
        case smtplib.SMTPResponseException():
            return _asks_for_patience(error.smtp_code)
        case smtplib.SMTPRecipientsRefused():
            return all(_asks_for_patience(code) for code, _ in error.recipients.values())
        case _:
            return isinstance(error, TRANSIENT_ERRORS) or is_outage(error)


def retry_delay(
    error: BaseException, *, failures: int, delays: Sequence[float] = RETRY_DELAYS
) -> timedelta | None:
    """How long to wait before the next attempt.

    Args:
        error: What ended the latest attempt.
        failures: Number of attempts that failed so far, the latest included (1 or more).
        delays: Seconds before each further attempt.

    Returns:
        The pause, or None when the task has failed for good.
    """
    if failures > len(delays) or not is_transient(error):
        return None
    return timedelta(seconds=delays[failures - 1])


def _asks_for_patience(smtp_code: int) -> bool:
    """Whether an SMTP reply is a transient negative one (RFC 5321, section 4.2.1: 4yz)."""
    return smtp_code // 100 == 4
