"""Errors as problem documents."""

import logging

import pytest
from rest_framework.test import APIClient

pytestmark = [pytest.mark.django_db, pytest.mark.urls("apps.common.tests.urls")]


def test_a_problem_names_its_kind_and_the_request(api: APIClient) -> None:
    response = api.get("/api/members/", headers={"X-Request-ID": "request-1"})
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:problem:not-authenticated",
        "title": "Authentication is required",
        "status": 401,
        "detail": "Authentication credentials were not provided.",
        "code": "not-authenticated",
        "request_id": "request-1",
    }


def test_who_is_unknown_is_told_how_to_sign_in(api: APIClient) -> None:
    assert api.get("/api/members/").headers["WWW-Authenticate"].startswith("Bearer")


def test_every_invalid_field_is_named_by_its_path(api: APIClient) -> None:
    response = api.post("/api/form/", {"lines": [{"size": 1}, {"size": "big"}]})
    assert response.status_code == 400
    assert {(e["field"], e["code"]) for e in response.json()["errors"]} == {
        ("name", "required"),
        ("lines.1.size", "invalid"),
    }


def test_an_error_of_the_whole_form_has_no_field(api: APIClient) -> None:
    response = api.post("/api/form/", {"name": "nobody", "lines": []})
    assert response.json()["errors"] == [
        {"field": "", "message": "That is not a name.", "code": "invalid"}
    ]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{", "application/json", 400),
        ("[1]", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("a=1", "application/x-www-form-urlencoded", 415),
    ],
)
def test_an_unreadable_body_is_the_callers_fault(
    api: APIClient, body: str, content_type: str, status: int
) -> None:
    response = api.post("/api/form/", body, content_type=content_type)
    assert (response.status_code, response.json()["status"]) == (status, status)


def test_a_verb_that_is_not_offered_is_answered_405(api: APIClient) -> None:
    assert api.delete("/api/form/").json()["code"] == "method-not-allowed"


def test_a_format_that_is_not_offered_is_answered_406(api: APIClient) -> None:
    assert api.post("/api/form/", {}, headers={"Accept": "text/csv"}).status_code == 406


def test_an_unknown_address_of_the_api_is_a_problem(api: APIClient) -> None:
    response = api.get("/api/nothing/")
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


def test_an_unknown_address_of_the_site_is_a_page(api: APIClient) -> None:
    response = api.get("/nothing/")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_a_database_that_is_down_is_answered_503_with_retry_after(api: APIClient) -> None:
    response = api.get("/api/down/")
    assert (response.status_code, response.json()["code"]) == (503, "service-unavailable")
    assert int(response.headers["Retry-After"]) > 0


def test_a_defect_shows_nothing_of_itself(api: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    api.raise_request_exception = False
    with caplog.at_level(logging.ERROR, "django.request"):
        response = api.get("/api/defect/")
    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    assert "ZeroDivision" not in response.text
    assert "ZeroDivisionError" in caplog.text
