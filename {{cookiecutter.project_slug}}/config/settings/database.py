"""The database: an embedded SQLite file unless `DATABASE_URL` names a PostgreSQL server."""

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from config.environment import environment


def database(url: str) -> dict[str, Any]:
    """Django's settings for a database URL of a scheme the environment admits."""
    if url.startswith("sqlite:"):
        return sqlite(url)
    from config.settings.postgresql import postgresql  # noqa: PLC0415 - SQLite needs no driver

    return postgresql(url)


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


DATABASES = {"default": database(environment().database_url)}
# % if cookiecutter.use_ninja
# SQLite has no driver for it.
READS_ON_EVENT_LOOP = DATABASES["default"]["ENGINE"].endswith("postgresql")
# % endif
