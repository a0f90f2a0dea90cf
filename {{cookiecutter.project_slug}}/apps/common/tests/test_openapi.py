"""What the operations of the API have in common."""

from typing import Any

import pytest
from django.test import Client

# They take or hand out tokens and codes, which no table may keep; a webhook has an id of its own.
WITHOUT_KEY = {
    "login",
    "logout",
    "payments_webhook",
    "refresh_tokens",
    "request_password_reset",
    "resend_verification",
    "reset_password",
    "verify_email",
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def operations(client: Client) -> list[tuple[str, dict[str, Any]]]:
    document = client.get("/api/v1/schema/", {"format": "json"}).json()
    return [item for methods in document["paths"].values() for item in methods.items()]


def test_every_operation_has_a_name_a_summary_and_a_domain(
    operations: list[tuple[str, dict[str, Any]]],
) -> None:
    for _, operation in operations:
        assert operation["operationId"]
        assert operation["summary"]
        assert len(operation["tags"]) == 1


def test_every_operation_may_answer_with_a_problem(
    operations: list[tuple[str, dict[str, Any]]],
) -> None:
    for _, operation in operations:
        assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_every_unsafe_operation_takes_an_idempotency_key_but_those_with_secrets(
    operations: list[tuple[str, dict[str, Any]]],
) -> None:
    without = {
        operation["operationId"]
        for method, operation in operations
        if method != "get"
        and "Idempotency-Key" not in {p["name"] for p in operation.get("parameters", [])}
    }
    assert without == WITHOUT_KEY
