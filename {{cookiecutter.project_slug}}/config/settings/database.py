"""The database: an embedded SQLite file unless `DATABASE_URL` names a PostgreSQL server."""

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from config.environment import environment


def database(url: str) -> dict[str, Any]:
    """Django's settings for a database URL of a scheme the environment admits."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]),
            "OPTIONS": {
                # Writers queue for the lock when they begin; upgrading a read lock later deadlocks.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
            # In a file, so that threads have connections of their own, as on a server.
            "TEST": {"NAME": str(Path(tempfile.gettempdir()) / f"test-{os.getpid()}.sqlite3")},
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,
        # A worker uses a connection for each of its threads; who waits for one gives up after
        # three seconds.
        "OPTIONS": {"pool": {"max_size": 8, "timeout": 3}},
    }


DATABASES = {"default": database(environment().database_url)}
