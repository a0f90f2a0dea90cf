"""System checks of the foundation."""

from typing import Any

from django.conf import settings
from django.core import checks

LOOPBACK = {"", "127.0.0.1", "::1", "localhost"}
ENCRYPTED = {"require", "verify-ca", "verify-full"}


@checks.register(checks.Tags.security, deploy=True)
def database_connections_are_encrypted(**_options: Any) -> list[checks.CheckMessage]:
    """What goes over a network to PostgreSQL is encrypted; by default libpq only asks for it."""
    return [
        checks.Warning(
            f"The connection to the database at {database['HOST']} may be in clear text.",
            hint="Add ?sslmode=verify-full to DATABASE_URL.",
            id="common.W001",
        )
        for database in settings.DATABASES.values()
        if database["ENGINE"].endswith(".postgresql")
        and database["HOST"] not in LOOPBACK
        and not database["HOST"].startswith("/")
        and database["OPTIONS"].get("sslmode") not in ENCRYPTED
    ]
