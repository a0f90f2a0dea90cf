"""What surrounds the operations of version 2."""

import logging

import pytest
from django.db import OperationalError
from django.http import HttpRequest
from django.urls import path
from rest_framework.test import APIClient

from apps.common.async_ninja.api import create_api

api_of_test = create_api("Test", "Operations that misbehave on purpose.")


@api_of_test.get("down/")
async def down(request: HttpRequest) -> None:
    """Find the database gone."""
    raise OperationalError("connection refused")


@api_of_test.get("defect/")
async def defect(request: HttpRequest) -> None:
    """Divide by zero.

    More about it.
    """
    raise ZeroDivisionError


urlpatterns = [path("api/", api_of_test.urls)]
handler500 = "apps.common.problems.server_error"

pytestmark = pytest.mark.urls(__name__)


def test_a_database_that_is_down_is_answered_503_with_retry_after(api: APIClient) -> None:
    response = api.get("/api/down/")
    assert (response.status_code, response.json()["code"]) == (503, "service-unavailable")
    assert int(response.headers["Retry-After"]) > 0


def test_a_defect_shows_nothing_of_itself(api: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    api.raise_request_exception = False
    with caplog.at_level(logging.ERROR, "django.request"):
        response = api.get("/api/defect/", headers={"X-Request-ID": "request-1"})
    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    assert response.json()["request_id"] == "request-1"
    assert "ZeroDivision" not in response.text
    assert "ZeroDivisionError" in caplog.text


def test_the_document_says_what_the_docstring_says(api: APIClient) -> None:
    operation = api.get("/api/schema/").json()["paths"]["/api/defect/"]["get"]
    assert operation["summary"] == "Divide by zero."
    assert operation["description"] == "More about it."
