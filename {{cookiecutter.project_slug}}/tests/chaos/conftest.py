"""A shop that breaks on command; docs/delivery.md says how."""

import os
from collections.abc import Iterator

import httpx
import pytest

from tests.chaos.shop import Shop

TIMEOUT = 30  # seconds until a customer gives a request up


@pytest.fixture
def command(request: pytest.FixtureRequest) -> str:
    """What kills the part that a module is about, and brings it back."""
    variable = f"CHAOS_{request.module.PART}"
    if found := os.environ.get(variable):
        return found
    pytest.skip(f"{variable} holds no command that kills it and brings it back")


@pytest.fixture
def shop(command: str) -> Iterator[Shop]:
    """The shop at SITE_URL, with the demo's customer unless told otherwise; for one command."""
    url = os.environ.get("SITE_URL", "http://127.0.0.1:8000")
    email = os.environ.get("SITE_EMAIL", "customer@example.com")
    password = os.environ.get("SITE_PASSWORD", "fashion-forward-demo")
    # As a proxy would say it: without one, production redirects what is not encrypted.
    headers = {"X-Forwarded-Proto": "https"}
    with httpx.Client(base_url=f"{url}/api/v1/", headers=headers, timeout=TIMEOUT) as client:
        yield Shop(client, email, password)
