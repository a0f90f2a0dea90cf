"""Operations look at the idempotency key where their documents say so, in every version."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from apps.authentication.models import User
from apps.common.idempotency import HEADER, MAX_KEY_LENGTH
from conftest import PASSWORD, Login

SOMETHING = str(uuid4())
BODIES: dict[str, dict[str, Any]] = {
    "inventory_set": {"on_hand": 1},
    "orders_cancel": {},
    "orders_place": {"items": [{"product_id": SOMETHING, "quantity": 1}]},
    "payments_start": {"order_id": SOMETHING, "method": "card"},
    "products_create": {"category": "shirts", "name": "Linen Shirt", "price": "20.00"},
    "products_update": {},
    "register": {"email": "ada@example.com", "password": PASSWORD, "full_name": "Ada"},
    "update_me": {},
    "vendors_create": {"name": "Ada Atelier"},
    "vendors_me_update": {},
}

pytestmark = pytest.mark.django_db


def documented(version: str) -> dict[str, tuple[str, str]]:
    """The operations that document the key: their methods and paths, by name."""
    document = Client().get(f"/api/{version}/schema/", {"format": "json"}).json()
    return {
        operation["operationId"]: (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if any(parameter["name"] == HEADER for parameter in operation.get("parameters", []))
    }


def test_each_is_known_here(version: str) -> None:
    assert documented(version).keys() == BODIES.keys()


@pytest.mark.parametrize("name", BODIES)
def test_a_malformed_key_is_refused(
    name: str, version: str, staff_user: User, login: Login
) -> None:
    method, path = documented(version)[name]
    response = login(staff_user).generic(
        method.upper(),
        re.sub(r"{\w+}", SOMETHING, path),
        json.dumps(BODIES[name]),
        "application/json",
        headers={HEADER: "k" * (MAX_KEY_LENGTH + 1)},
    )
    assert response.status_code == 400
    assert HEADER in response.json()["detail"]
