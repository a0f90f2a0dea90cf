"""Fixtures that every app's tests share."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.authentication import tokens
from apps.authentication.models import User
from apps.common.events import bus
from apps.common.redis import cache as redis_cache
from apps.common.redis import counters as redis_counters
from apps.common.redis.connections import client
from apps.common.roles import Role
from apps.common.task_backends.base import TaskBackend, default_backend
from apps.common.task_backends.database import DatabaseBackend
from apps.common.task_backends.redis import RedisBackend
from apps.common.throttling import counters, rate
from config.settings.cache import redis_caches
from tests.clients import TRANSPORTS, VersionClient

PASSWORD = "correct horse battery staple"
needs_redis = pytest.mark.skipif(not settings.REDIS_URL, reason="REDIS_URL names no server")

type Login = Callable[[User], APIClient]
type RunTasks = Callable[[], None]


@pytest.fixture(autouse=True)
def _nothing_left_over() -> None:
    cache.clear()
    counters.cache_clear()
    rate.cache_clear()
    structlog.contextvars.clear_contextvars()
    for outage in (redis_cache.outage, redis_counters.outage):
        outage.forget()
    if settings.REDIS_URL:
        for key in client().scan_iter(f"{settings.REDIS_PREFIX}:*"):
            client().delete(key)


def _user(role: Role) -> User:
    return User.objects.create_user(
        email=f"{role}@example.com",
        password=PASSWORD,
        full_name=f"A {role.label}",
        role=role,
        email_verified_at=timezone.now(),
    )


@pytest.fixture
def customer(db: None) -> User:
    """Somebody who buys."""
    return _user(Role.CLIENT)


@pytest.fixture
def vendor_user(db: None) -> User:
    """Somebody who sells."""
    return _user(Role.VENDOR)


@pytest.fixture
def staff_user(db: None) -> User:
    """Somebody who runs the shop."""
    return _user(Role.STAFF)


@pytest.fixture(params=settings.API_VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """A version of the API: tests that use it run for every one."""
    return str(request.param)


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> str:
    """A way to the API: tests that use it run for every one."""
    return str(request.param)


@pytest.fixture
def api(version: str, transport: str) -> APIClient:
    """A client of that version that nobody is signed in with."""
    return VersionClient(version, transport)


@pytest.fixture
def login(version: str, transport: str) -> Login:
    """Makes a client of that version that sends a real access token of the user."""

    def as_user(user: User) -> APIClient:
        client = VersionClient(version, transport)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(user).access}")
        return client

    return as_user


@pytest.fixture(
    params=[
        pytest.param(DatabaseBackend, id="database", marks=pytest.mark.django_db),
        # It is given a task when the transaction is committed, which most tests' never is.
        pytest.param(
            RedisBackend, id="redis", marks=[needs_redis, pytest.mark.django_db(transaction=True)]
        ),
    ]
)
def backend(request: pytest.FixtureRequest, settings: Settings) -> TaskBackend:
    """A task backend: tests that use it run for every one there is."""
    path = f"{request.param.__module__}.{request.param.__qualname__}"
    settings.TASKS = {"default": settings.TASKS["default"] | {"BACKEND": path}}
    return default_backend()


@pytest.fixture
def redis_is_away(settings: Settings) -> None:
    """Cache and rate limits are to be in Redis, which does not answer."""
    settings.REDIS_URL = "redis://127.0.0.1:1"  # A reserved port: nobody listens there.
    settings.CACHES = redis_caches("nowhere")
    settings.CACHE_IS_SHARED = True
    settings.RATE_LIMIT_COUNTERS = "apps.common.redis.counters.RedisCounters"


@pytest.fixture
def run_tasks(db: None) -> RunTasks:
    """Delivers every event and runs every due task, until nothing is left."""
    backend = default_backend()

    def step() -> object:
        if isinstance(backend, RedisBackend):
            backend.resend(after=timedelta(0))
        return bus.deliver_pending() or backend.run_next(worker_id="a worker")

    def run() -> None:
        while step():
            pass

    return run
