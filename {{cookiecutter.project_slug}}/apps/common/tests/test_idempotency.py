"""The `Idempotency-Key` header."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.common.models import OutboxEvent

pytestmark = [pytest.mark.django_db, pytest.mark.urls("apps.common.tests.urls")]


type Post = Callable[..., Any]


@pytest.fixture
def post(api: APIClient) -> Post:
    return lambda key=None, **body: api.post(
        "/api/counter/", body, headers={} if key is None else {"Idempotency-Key": key}
    )


def test_without_a_key_every_request_runs(post: Post) -> None:
    assert [post().json()["runs"] for _ in range(2)] == [1, 2]


def test_a_repeated_request_runs_once_and_is_answered_alike(post: Post) -> None:
    first, second = post("key-1"), post("key-1")
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert OutboxEvent.objects.count() == 1


def test_a_replayed_answer_says_so(post: Post) -> None:
    first, second = post("key-1"), post("key-1")
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"


def test_another_key_runs_again(post: Post) -> None:
    post("key-1")
    assert post("key-2").json() == {"runs": 2}


def test_the_same_key_with_another_body_is_refused(post: Post) -> None:
    post("key-1")
    response = post("key-1", other=True)
    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")


def test_a_request_that_failed_may_be_tried_again(post: Post) -> None:
    assert post("key-1", fail=True).status_code == 409
    assert post("key-1").json() == {"runs": 1}


@pytest.mark.parametrize("key", ["", "k" * 256, "tab\tinside"])
def test_a_malformed_key_is_refused(post: Post, key: str) -> None:
    assert post(key).status_code == 400
