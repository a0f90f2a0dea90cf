"""Authentication in the OpenAPI document."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db

type Document = dict[str, Any]


@pytest.fixture
def schema(client: Client) -> Document:
    document: Document = client.get(reverse("schema"), {"format": "json"}).json()
    return document


def test_access_tokens_are_a_bearer_scheme(schema: Document) -> None:
    assert schema["components"]["securitySchemes"] == {
        "bearerAuth": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }


def test_the_own_account_needs_a_token_and_login_does_not(schema: Document) -> None:
    assert schema["paths"]["/api/v1/auth/me/"]["get"]["security"] == [{"bearerAuth": []}]
    assert schema["paths"]["/api/v1/auth/login/"]["post"].get("security", [{}]) == [{}]


def test_a_password_is_never_part_of_an_answer(schema: Document) -> None:
    responses = [name for name in schema["components"]["schemas"] if not name.endswith("Request")]
    for name in responses:
        assert "password" not in schema["components"]["schemas"][name].get("properties", {})
