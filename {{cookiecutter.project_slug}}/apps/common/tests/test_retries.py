import smtplib
import socket
from datetime import timedelta

import httpx
import pytest
from django.db import IntegrityError, InterfaceError, OperationalError

from apps.common.retries import TransientError, is_transient, retry_delay


@pytest.mark.parametrize(
    "error",
    [
        TransientError("the gateway is being updated"),
        OperationalError("server closed the connection"),
        InterfaceError("connection already closed"),
        ConnectionResetError(),
        TimeoutError(),
        socket.gaierror("temporary failure in name resolution"),
        httpx.ConnectTimeout("no answer"),
        smtplib.SMTPServerDisconnected("gone"),
        smtplib.SMTPConnectError(554, "no service here"),
        smtplib.SMTPDataError(451, "greylisted"),
        smtplib.SMTPRecipientsRefused({"ada@example.com": (450, b"mailbox busy")}),
    ],
    ids=repr,
)
def test_what_may_pass_by_itself_is_transient(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("not a number"),
        IntegrityError("duplicate key"),
        PermissionError("read-only file system"),
        smtplib.SMTPDataError(552, "message too big"),
        smtplib.SMTPAuthenticationError(535, "wrong password"),
        smtplib.SMTPRecipientsRefused({"nobody@example.com": (550, b"no such mailbox")}),
    ],
    ids=repr,
)
def test_what_would_fail_again_is_permanent(error: Exception) -> None:
    assert not is_transient(error)


def test_the_pauses_double_until_the_task_has_failed() -> None:
    delays = [retry_delay(TransientError(), failures=failures) for failures in (1, 2, 3, 4)]
    assert delays == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4), None]


def test_a_permanent_error_is_never_tried_again() -> None:
    assert retry_delay(ValueError(), failures=1) is None
