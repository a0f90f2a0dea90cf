"""What every version of the API answers to requests that none of its operations takes."""

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from apps.authentication.models import User
from conftest import Login

ORDERS = "/orders/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(customer: User, login: Login) -> APIClient:
    return login(customer)


def test_a_method_that_is_not_offered_is_answered_405_with_those_that_are(
    client: APIClient,
) -> None:
    response = client.delete(ORDERS)
    assert (response.status_code, response.json()["code"]) == (405, "method-not-allowed")
    assert {"GET", "HEAD", "POST"} <= set(response.headers["Allow"].split(", "))


def test_what_cannot_be_read_has_no_head(client: APIClient) -> None:
    response = client.head(f"{ORDERS}019a2072-b0af-7f4e-bf6c-80844caf0906/cancel/")
    assert response.status_code == 405
    assert "HEAD" not in response.headers["Allow"]


def test_head_is_get_without_the_body(client: APIClient) -> None:
    got, response = client.get(ORDERS), client.head(ORDERS)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Type"] == got.headers["Content-Type"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/ld+json"]
)
def test_a_body_that_is_not_said_to_be_json_is_answered_415(
    client: APIClient, content_type: str
) -> None:
    response = client.post(ORDERS, b'{"items": []}', content_type=content_type)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[1]",
        b"null",
        b'{"items": NaN}',
        b'{"items": "\xe4"}',
        b'{"items": "\\ud800"}',
        b"[" * 100_000,
        b'{"items": "' + b"." * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}',
    ],
    ids=["no end", "list", "null", "NaN", "no UTF-8", "surrogate", "deep", "long"],
)
def test_a_body_that_cannot_be_read_is_answered_400(client: APIClient, body: bytes) -> None:
    response = client.post(ORDERS, body, content_type="application/json; charset=utf-8")
    assert (response.status_code, response.json()["code"]) == (400, "invalid-input")


@pytest.mark.parametrize("authorization", [None, "Bearer", "Bearer x", "Basic eDp5"])
def test_who_is_unknown_is_told_how_to_sign_in(api: APIClient, authorization: str | None) -> None:
    response = api.get(ORDERS, headers={"Authorization": authorization} if authorization else {})
    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["WWW-Authenticate"] == "Bearer"
