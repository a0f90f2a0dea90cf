"""Rate limits."""

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

pytestmark = [pytest.mark.django_db, pytest.mark.urls("apps.common.tests.urls")]


@pytest.fixture(autouse=True)
def _two_a_minute(settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "login": "2/minute"}


def statuses(api: APIClient, count: int, address: str = "1.1.1.1") -> list[int]:
    return [api.get("/api/limited/", REMOTE_ADDR=address).status_code for _ in range(count)]


def test_requests_beyond_the_rate_are_refused(api: APIClient) -> None:
    assert statuses(api, 3) == [200, 200, 429]


def test_callers_are_counted_apart(api: APIClient) -> None:
    statuses(api, 2)
    assert statuses(api, 1, address="2.2.2.2") == [200]


def test_a_refusal_says_when_to_come_back(api: APIClient) -> None:
    statuses(api, 2)
    response = api.get("/api/limited/", REMOTE_ADDR="1.1.1.1")
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert response.json()["code"] == "rate-limited"
