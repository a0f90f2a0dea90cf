"""The pages a person sees: the index, the API's documentation, the admin."""

import re

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from apps.authentication.models import User

DOCS = [f"/api/{version}/docs/" for version in settings.API_VERSIONS]
SCHEMAS = [f"/api/{version}/schema/" for version in settings.API_VERSIONS]

pytestmark = pytest.mark.django_db


def test_the_index_links_to_pages_that_exist(client: Client) -> None:
    links = re.findall(r'href="(/[^"]*)"', client.get("/").text)
    pages = [link for link in links if not link.startswith(settings.STATIC_URL)]
    assert {*DOCS, *SCHEMAS, "/admin/"} <= set(pages)
    for page in pages:
        assert client.get(page, follow=True).status_code == 200


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("page", ["/metrics", "/readyz"])
def test_the_index_links_to_what_is_for_the_inside_in_development_only(
    client: Client, settings: Settings, page: str, *, debug: bool
) -> None:
    settings.DEBUG = debug
    assert (f'href="{page}"' in client.get("/").text) == debug


@pytest.mark.parametrize("page", ["/", *DOCS, "/admin/login/"])
def test_a_page_keeps_its_own_content_security_policy(client: Client, page: str) -> None:
    response = client.get(page)
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)", response.text)
    assert not re.search(r'<(script|link|img)[^>]*(src|href)="(https?:)?//', response.text)


@pytest.mark.parametrize("page", DOCS)
def test_the_documentation_is_served_with_its_own_assets(client: Client, page: str) -> None:
    assets = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get(page).text)
    assert len(assets) >= 3
    for asset in assets:
        assert client.get(asset).status_code == 200


@pytest.mark.parametrize(("page", "document"), [*zip(DOCS, SCHEMAS, strict=True)])
def test_the_documentation_shows_the_document_of_its_version(
    client: Client, page: str, document: str
) -> None:
    (script,) = re.findall(rf'src="({page}[^"]+)"', client.get(page).text)
    assert f'"{document}"' in client.get(script).text


def test_staff_reach_every_page_of_the_admin(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root@example.com", "x", full_name="Root"))
    index = client.get("/admin/").text
    lists = set(re.findall(r'href="(/admin/[a-z_]+/[a-z_]+/)"', index))
    assert len(lists) >= 10
    for page in lists:
        assert client.get(page).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/api/nothing/",
        *(
            f"/api/{version}/{rest}"
            for version in settings.API_VERSIONS
            for rest in ("", "nothing/", "orders")
        ),
    ],
)
@pytest.mark.parametrize("debug", [True, False])
def test_an_unknown_address_of_the_api_is_a_problem_in_development_too(
    client: Client,
    settings: Settings,
    address: str,
    *,
    debug: bool,
) -> None:
    settings.DEBUG = debug
    response = client.post(address)
    assert (response.status_code, response.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("page", [*DOCS, *SCHEMAS])
def test_documentation_can_only_be_read(client: Client, page: str) -> None:
    for response in (client.post(page), client.options(page)):
        assert (response.status_code, response.json()["code"]) == (405, "method-not-allowed")
