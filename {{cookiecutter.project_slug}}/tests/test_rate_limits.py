"""Rate limits, as clients of the API see them."""

import re
from itertools import cycle
from typing import Any

import pytest
from django.conf import settings as configured
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.authentication.models import User
from conftest import Login
from tests.clients import VersionClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.RATE_LIMITS = {"anonymous": "3/hour", "user": "5/hour", "login": "2/hour"}


def remaining(response: Any) -> int:  # noqa: ANN401 - a client's response
    found = re.fullmatch(r'"\w+";r=(\d+);t=\d+', response.headers["RateLimit"])
    assert found is not None
    return int(found[1])


def test_answers_tell_what_is_left_of_which_limit(api: APIClient) -> None:
    responses = [api.get("/categories/") for _ in range(2)]
    assert [remaining(response) for response in responses] == [2, 1]
    assert {response.headers["RateLimit-Policy"] for response in responses} == {
        '"anonymous";q=3;w=3600'
    }


def test_somebody_who_has_signed_in_has_another_limit(login: Login, customer: User) -> None:
    response = login(customer).get("/auth/me/")
    assert response.headers["RateLimit-Policy"] == '"user";q=5;w=3600'


def test_a_refusal_tells_when_there_will_be_more(api: APIClient) -> None:
    body = {"email": "nobody@example.com", "password": "x"}
    *_, refusal = (api.post("/auth/login/", body) for _ in range(3))
    assert refusal.status_code == 429
    assert refusal.headers["RateLimit-Policy"] == '"login";q=2;w=3600'
    reset = re.fullmatch(r'"login";r=0;t=(\d+)', refusal.headers["RateLimit"])
    assert reset is not None
    assert reset[1] == refusal.headers["Retry-After"]


def test_a_request_that_is_not_understood_is_counted_as_well(api: APIClient) -> None:
    response = api.post("/auth/login/", {"email": "nobody"})
    assert (response.status_code, remaining(response)) == (400, 1)


def test_all_versions_count_together(transport: str) -> None:
    clients = [VersionClient(version, transport) for version in configured.API_VERSIONS]
    responses = [
        client.get("/categories/") for client, _ in zip(cycle(clients), range(4), strict=False)
    ]
    assert [response.status_code for response in responses] == [200, 200, 200, 429]


@pytest.mark.usefixtures("redis_is_away")
def test_while_redis_is_away_everybody_is_served(api: APIClient) -> None:
    responses = [api.get("/categories/") for _ in range(5)]
    assert {response.status_code for response in responses} == {200}
    assert not any("RateLimit" in response.headers for response in responses)
