"""PostgreSQL, with a pool of connections for each process."""

import sys
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from config.environment import environment

POOL_TIMEOUT = 3  # seconds


def postgresql(url: str) -> dict[str, Any]:
    """A server; parameters in the URL, such as `sslmode`, are libpq's and win over those here.

    Timeouts of statements and locks belong to the role (`infra/postgres/roles.sql`), so that they
    hold whatever stands between.
    """
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
