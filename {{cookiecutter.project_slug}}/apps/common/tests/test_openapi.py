"""What the operations of the API have in common, in every version of it."""

from typing import Any

import pytest
from django.test import Client

# They take or hand out tokens and codes, which no table may keep.
WITH_SECRETS = {
    "login",
    "logout",
    "refresh_tokens",
    "request_password_reset",
    "resend_verification",
    "reset_password",
    "verify_email",
}

# Gateways know one address, and their reports have an id of their own.
WEBHOOK = "payments_webhook"

pytestmark = pytest.mark.django_db

type Operation = dict[str, Any]


def operations_of(client: Client, version: str) -> list[tuple[str, Operation]]:
    document = client.get(f"/api/{version}/schema/", {"format": "json"}).json()
    return [item for methods in document["paths"].values() for item in methods.items()]


@pytest.fixture
def operations(client: Client, version: str) -> list[tuple[str, Operation]]:
    return operations_of(client, version)


def test_every_operation_has_a_name_of_its_own_a_summary_and_a_domain(
    operations: list[tuple[str, Operation]],
) -> None:
    assert len({operation["operationId"] for _, operation in operations}) == len(operations)
    for _, operation in operations:
        assert operation["operationId"]
        assert operation["summary"].endswith(".")
        assert len(operation["tags"]) == 1


def test_every_operation_may_answer_with_a_problem(
    operations: list[tuple[str, Operation]],
) -> None:
    for _, operation in operations:
        assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_every_unsafe_operation_takes_an_idempotency_key_but_those_with_secrets(
    operations: list[tuple[str, Operation]],
) -> None:
    without = {
        operation["operationId"]
        for method, operation in operations
        if method != "get"
        and "Idempotency-Key" not in {p["name"] for p in operation.get("parameters", [])}
    }
    assert without - {WEBHOOK} == WITH_SECRETS


def test_versions_have_the_same_operations_with_the_same_answers(
    client: Client, version: str
) -> None:
    first, other = (
        {
            operation["operationId"]: (
                method,
                operation["summary"],
                operation["tags"],
                set(operation["responses"]),
                {(p["in"], p["name"]) for p in operation.get("parameters", [])},
            )
            for method, operation in operations_of(client, each)
            if operation["operationId"] != WEBHOOK
        }
        for each in ("v1", version)
    )
    assert other == first
