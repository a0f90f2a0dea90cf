"""Fixtures that every app's tests share."""

from collections.abc import Callable

import pytest
import structlog
from django.conf import settings
from django.core.cache import cache
from django.tasks import task_backends
from django.utils import timezone
from django_database_task import process_tasks
from rest_framework.test import APIClient

from apps.authentication import tokens
from apps.authentication.models import User
from apps.common.events import bus
from apps.common.roles import Role
from apps.common.throttling import limiter, rate
from tests.clients import TRANSPORTS, VersionClient

PASSWORD = "correct horse battery staple"

type Login = Callable[[User], APIClient]
type RunTasks = Callable[[], None]


@pytest.fixture(autouse=True)
def _nothing_left_over() -> None:
    cache.clear()
    limiter.cache_clear()
    rate.cache_clear()
    structlog.contextvars.clear_contextvars()


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


@pytest.fixture
def run_tasks(db: None) -> RunTasks:
    """Delivers every event and runs every due task, until nothing is left."""

    def run() -> None:
        while bus.deliver_pending() or any(
            process_tasks(backend_name=alias) for alias in task_backends.settings
        ):
            pass

    return run
