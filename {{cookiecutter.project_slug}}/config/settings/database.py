"""The database: an embedded SQLite file unless `DATABASE_URL` names a PostgreSQL server."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from config.environment import environment

POOL_TIMEOUT = 3  # seconds


def database(url: str) -> dict[str, Any]:
    """Django's settings for a database URL of a scheme the environment admits."""
    return sqlite(url) if url.startswith("sqlite:") else postgresql(url)


def sqlite(url: str) -> dict[str, Any]:
    """A file, with writers that wait for each other."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": unquote(urlsplit(url).path[1:]),
        "OPTIONS": {
            # Writers queue for the lock when they begin; upgrading a read lock later deadlocks.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
        # In a file, so that threads have connections of their own, as on a server.
        "TEST": {"NAME": str(Path(tempfile.gettempdir()) / f"test-{os.getpid()}.sqlite3")},
    }


def postgresql(url: str) -> dict[str, Any]:
    """A server; parameters in the URL, such as `sslmode`, are libpq's and win over those here.

    Timeouts of statements and locks belong to the role (`infra/postgres/roles.sql`), so that they
    hold whatever stands between.
    """
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - slow, and SQLite has no need

    parameters = conninfo_to_dict(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parameters.pop("dbname"),
        "USER": parameters.pop("user", ""),
        "PASSWORD": parameters.pop("password", ""),
        "HOST": parameters.pop("host", ""),
        "PORT": parameters.pop("port", ""),
        "CONN_HEALTH_CHECKS": True,
        # % if cookiecutter.use_pgbouncer
        # Between two transactions PgBouncer gives the session to somebody else, cursors included.
        "DISABLE_SERVER_SIDE_CURSORS": True,
        # % endif
        "OPTIONS": {
            "application_name": " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]]),
            # A server that is gone without a word is given up: when connecting (seconds), when
            # sending (milliseconds), and when waiting for an answer (three signs of life, seconds).
            "connect_timeout": POOL_TIMEOUT,
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            # % if cookiecutter.use_ninja and not cookiecutter.use_pgbouncer
            # Statements that repeat are planned once for each connection.
            "prepare_threshold": 5,
            # % endif
            **parameters,
            "pool": {
                "min_size": 1,
                "max_size": environment().app_database_pool_size,
                # Who waits longer for a connection gets a 503, and so learns when to come back.
                "timeout": POOL_TIMEOUT,
                # A server that returns is noticed by the next request, not by a slower and slower
                # series of attempts.
                "reconnect_timeout": POOL_TIMEOUT,
            },
        },
    }


DATABASES = {"default": database(environment().database_url)}
# % if cookiecutter.use_ninja
# SQLite has no driver for it.
READS_ON_EVENT_LOOP = DATABASES["default"]["ENGINE"].endswith("postgresql")
# % endif
