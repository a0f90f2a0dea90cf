"""The environment variables this project reads, typed, with one message for all that is wrong.

`DJANGO_SETTINGS_MODULE` chooses the entry point; everything else comes from here. Development and
tests run with no variable set at all; production names every variable it misses. There, a file
`/run/secrets/database_url` is as good as the variable `DATABASE_URL`, which would win over it.
"""

import os
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from django.core.exceptions import ImproperlyConfigured
from pydantic import (
    AfterValidator,
    BeforeValidator,
    DirectoryPath,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from apps.common.redis.address import Address

BASE_DIR = Path(__file__).resolve().parent.parent
SECRETS_DIR = Path("/run/secrets")


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _database_url(value: str) -> str:
    if value.startswith("sqlite:///") and value != "sqlite:///":
        return value
    if not value.startswith("postgresql://"):
        raise ValueError("begin with sqlite:/// or postgresql://")
    import psycopg.conninfo  # noqa: PLC0415 - takes 0.2 seconds, which SQLite need not cost

    try:
        parameters = psycopg.conninfo.conninfo_to_dict(value)
    except psycopg.ProgrammingError:
        # Its message may quote the password.
        raise ValueError("PostgreSQL's client library cannot read this address") from None
    if not parameters.get("dbname"):
        raise ValueError("name a database after the host")
    return value


def _redis_url(value: str) -> str:
    from config.redis import FORMS  # noqa: PLC0415 - of interest only where there is a Redis

    shown = re.sub(":.*@", "://…@", value)
    if not any(re.fullmatch(form, value.partition("?")[0]) for form in FORMS.values()):
        raise ValueError(f"{shown} is none of the forms {', '.join(FORMS)}")
    try:
        Address.parse(value)
    except ValueError as error:
        raise ValueError(f"{shown}: {error}") from None
    return value


type CommaSeparated = Annotated[list[str], NoDecode, BeforeValidator(_split)]
type DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
type RedisUrl = Annotated[str, AfterValidator(_redis_url)]
type Rate = Annotated[str, Field(pattern=r"^[1-9]\d*/(second|minute|hour|day)$")]


class Variables(BaseSettings):
    """Variables that are read together."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    production_requires: ClassVar[tuple[str, ...]] = ()
    """Fields that production must be given although they have a default."""

    @classmethod
    def load(
        cls,
        *,
        env_file: Path | None = None,
        secrets_dir: Path | None = None,
        required: Collection[str] = (),
    ) -> Self:
        """Read the environment.

        Args:
            env_file: A file of `KEY=value` lines; real variables win over it.
            secrets_dir: A folder, if there is one, with a file for each variable that is secret,
                named as it is in lower case; real variables win over them.
            required: Fields that must be given although they have a default.

        Raises:
            ImproperlyConfigured: Naming every variable that is missing or malformed.
        """
        secrets = secrets_dir if secrets_dir and secrets_dir.is_dir() else None
        problems = {
            name: "missing"
            for name in required
            if not os.environ.get(name.upper()) and not (secrets and (secrets / name).is_file())
        }
        try:
            loaded = cls(_env_file=env_file, _secrets_dir=secrets)
        except ValidationError as error:
            problems |= {
                str(problem["loc"][0]): problem["msg"].removeprefix("Value error, ")
                for problem in error.errors()
            }
        else:
            if not problems:
                return loaded
        lines = (
            f"  {name.upper()}: {problem} ({cls.model_fields[name].description})"
            for name, problem in sorted(problems.items())
        )
        raise ImproperlyConfigured("\n".join(["Wrong or missing in the environment:", *lines]))


class Environment(Variables):
    """Every variable, with the default that lets the project run with nothing around it."""

    production_requires = (
        "app_secret_key",
        "app_jwt_signing_key",
        "app_allowed_hosts",
        "app_base_url",
        "app_payment_gateway",
        "app_payment_webhook_secret",
        "app_storage_bucket",
        "database_url",
        "email_url",
    )

    app_secret_key: SecretStr = Field(
        default=SecretStr("insecure-development-key-that-nobody-should-use-in-production"),
        min_length=50,
        description="signs sessions, cookies and e-mailed codes",
    )
    app_secret_key_fallbacks: Annotated[list[SecretStr], NoDecode, BeforeValidator(_split)] = Field(
        default=[], description="former keys whose signatures are still good, comma-separated"
    )
    app_jwt_signing_key: SecretStr = Field(
        default=SecretStr("insecure-development-key-that-nobody-should-sign-real-tokens-with"),
        min_length=50,
        description="signs access and refresh tokens",
    )
    app_allowed_hosts: CommaSeparated = Field(
        default=["localhost", "127.0.0.1", "[::1]"],
        description="host names the site answers to, comma-separated",
    )
    app_base_url: HttpUrl = Field(
        default=HttpUrl("http://127.0.0.1:8000"),
        description="public address of the site, used in e-mails and call-backs",
    )
    app_cors_allowed_origins: CommaSeparated = Field(
        default=[], description="origins of browser clients, comma-separated"
    )
    app_trusted_proxies: int = Field(
        default=0, ge=0, le=5, description="number of proxies that append to X-Forwarded-For"
    )
    app_drain_seconds: float = Field(
        default=10,
        ge=0,
        description="that a server which is told to end goes on serving, until nobody sends it anything",
    )
    app_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="least severe level that is logged"
    )
    app_currency: str = Field(
        default="USD", pattern=r"^[A-Z]{3}$", description="ISO 4217 code of the shop's currency"
    )
    app_payment_gateway: str = Field(
        default="apps.payments.gateways.fake.FakeGateway",
        pattern=r"^[\w.]+\.\w+$",
        description="dotted path of the payment gateway's adapter",
    )
    app_payment_webhook_secret: SecretStr = Field(
        default=SecretStr("insecure-development-webhook-secret"),
        min_length=32,
        description="key of the gateway's webhook signatures",
    )
    app_fake_gateway_latency: float = Field(
        default=30, ge=0, description="seconds the fake gateway takes for the method fake_slow"
    )
    app_task_claim_timeout: float = Field(
        default=60, gt=0, description="seconds without a heartbeat until a task is run again"
    )
    app_task_failure_webhook: HttpUrl | None = Field(
        default=None, description="address that is told, as JSON, of tasks that failed for good"
    )
    app_rate_anonymous: Rate = Field(default="100/hour", description="requests per address")
    app_rate_user: Rate = Field(default="1000/hour", description="requests per signed-in user")
    app_rate_login: Rate = Field(default="10/minute", description="sign-ins per address")
    app_rate_verification: Rate = Field(
        default="10/minute", description="e-mailed codes asked for or tried per address"
    )
    app_rate_webhook: Rate = Field(default="600/minute", description="gateway call-backs")
    app_storage_bucket: str = Field(
        default="", description="bucket of uploaded files; the local disk when empty"
    )
    app_default_from_email: str = Field(
        default="no-reply@{{ cookiecutter.domain_name }}",
        description="sender of e-mails",
    )
    app_database_pool_size: int = Field(
        default=10,
        ge=2,
        description="connections of one process to PostgreSQL; a worker uses one for each thread",
    )
    database_url: DatabaseUrl = Field(
        default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}",
        description="sqlite:///path or postgresql://user:password@host:port/name?sslmode=verify-full",
    )
    redis_url: RedisUrl | None = Field(
        default=None,
        description="cache, rate limits and tasks; in memory and in the database when empty",
    )
    email_url: str = Field(
        default="console:",
        pattern=r"^(console:|smtps?://.+)$",
        description="console:, smtp://user:password@host:587 or smtps://user:password@host:465",
    )
    prometheus_multiproc_dir: DirectoryPath | None = Field(
        default=None, description="where several processes of one server count together"
    )


@cache
def environment() -> Environment:
    """The environment of this process, read once."""
    return read(Environment)


def read[V: Variables](variables: type[V]) -> V:
    """Variables of this process, from where its entry point takes them.

    Raises:
        ImproperlyConfigured: Naming every variable that is missing or malformed.
    """
    match os.environ.get("DJANGO_SETTINGS_MODULE"):
        case "config.settings.production":
            return variables.load(secrets_dir=SECRETS_DIR, required=variables.production_requires)
        case "config.settings.development" | None:
            return variables.load(env_file=BASE_DIR / ".env")
        case _:
            return variables.load()
