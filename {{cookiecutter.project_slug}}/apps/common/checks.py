"""System checks of the foundation."""

from typing import Any

from django.conf import settings
from django.core import checks

from apps.common.redis.address import Address

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


@checks.register(checks.Tags.security, deploy=True)
def redis_connections_are_encrypted(**_options: Any) -> list[checks.CheckMessage]:
    """What goes over a network to Redis is encrypted, passwords included."""
    if not settings.REDIS_URL:
        return []
    address = Address.parse(settings.REDIS_URL)
    if address.is_encrypted or {host for host, _ in address.hosts} <= LOOPBACK:
        return []
    return [
        checks.Warning(
            "The connections to Redis are in clear text.",
            hint="Begin REDIS_URL with rediss.",
            id="common.W002",
        )
    ]
