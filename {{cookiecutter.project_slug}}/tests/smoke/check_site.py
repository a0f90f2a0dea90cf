"""A site works, as visitors see it: a look at SITE_URL that changes nothing and takes seconds."""

import os
import re
from collections.abc import Iterator

import httpx
import pytest

URL = httpx.URL(os.environ.get("SITE_URL", "http://127.0.0.1:8000"))
YEAR = 365 * 24 * 60 * 60  # seconds
HEADERS = (
    "Content-Security-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-Request-ID",
)

from_outside = pytest.mark.skipif(
    URL.scheme != "https", reason="what only a proxy can do, and this address is behind it"
)
from_inside = pytest.mark.skipif(
    URL.scheme == "https", reason="what only the process tells, and this address is the proxy's"
)


@pytest.fixture(scope="module")
def visitor() -> Iterator[httpx.Client]:
    """Somebody who has not signed in; without a proxy, who says what it would say."""
    said = {"X-Forwarded-Proto": "https"}
    with httpx.Client(base_url=URL, headers=said, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def page(visitor: httpx.Client) -> str:
    """The page that a person sees first."""
    return visitor.get("/").raise_for_status().text


@pytest.fixture(scope="module")
def versions(page: str) -> list[str]:
    """The versions of the API that the page knows."""
    return re.findall(r'href="/api/(v\d+)/docs/"', page)


@from_inside
def test_it_is_ready(visitor: httpx.Client) -> None:
    assert visitor.get("/readyz").text == "ok"


def test_everything_that_the_first_page_mentions_is_there(visitor: httpx.Client, page: str) -> None:
    # In development it leads to figures as well, which nobody behind a proxy is told.
    addresses = set(re.findall(r'href="(/[^"]*)"', page)) - {"/metrics"}
    answers = {path: visitor.get(path, follow_redirects=False) for path in addresses}
    assert len(answers) >= 4
    # The admin asks everybody to sign in.
    refused = {path: answer.status_code for path, answer in answers.items() if answer.is_error}
    assert refused == {}


def test_every_version_has_a_catalogue(visitor: httpx.Client, versions: list[str]) -> None:
    assert versions
    for version in versions:
        products = visitor.get(f"/api/{version}/products/", params={"page_size": 1})
        assert products.raise_for_status().json()["results"]


def test_nobody_sees_orders_without_signing_in(visitor: httpx.Client, versions: list[str]) -> None:
    for version in versions:
        answer = visitor.get(f"/api/{version}/orders/")
        assert answer.status_code == httpx.codes.UNAUTHORIZED
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_every_page_is_protected_once(visitor: httpx.Client) -> None:
    given = visitor.get("/").headers
    assert {name: len(given.get_list(name)) for name in HEADERS} == dict.fromkeys(HEADERS, 1)


@from_outside
def test_browsers_may_not_come_without_encryption(visitor: httpx.Client) -> None:
    policy = visitor.get("/").headers["Strict-Transport-Security"]
    duration = re.match(r"max-age=(\d+)", policy)
    assert duration
    assert int(duration[1]) >= YEAR


@from_outside
@pytest.mark.skipif(URL.port is not None, reason="there is no telling which port is the other one")
def test_whoever_comes_without_encryption_is_redirected() -> None:
    answer = httpx.get(URL.copy_with(scheme="http"), timeout=30)
    assert answer.is_redirect
    assert httpx.URL(answer.headers["Location"]).scheme == "https"


@from_outside
def test_figures_are_not_for_everybody() -> None:
    assert httpx.get(URL.join("/metrics"), timeout=30).is_client_error
