"""Telling a database that does not answer from one that refuses what it is asked."""

from django.db import InterfaceError, InternalError, OperationalError


def is_outage(error: BaseException) -> bool:
    """Whether the database, or the way to it, has failed; the same call may succeed later.

    A server that ends just after it has confirmed a COMMIT sends one answer too many, which psycopg
    reports as an internal error of its own. PostgreSQL's internal errors, in contrast, are defects
    and have a code: https://www.postgresql.org/docs/current/errcodes-appendix.html.
    """
    match error:
        case InterfaceError() | OperationalError():
            return True
        case InternalError(__cause__=cause):
            return getattr(cause, "sqlstate", "unknown") is None
        case _:
            return False
