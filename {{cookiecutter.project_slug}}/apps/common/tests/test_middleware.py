"""The request's identity and its access line."""

import pytest
from django.conf import settings
from django.test import AsyncClient, Client
from django.utils.module_loading import import_string
from structlog.testing import capture_logs

pytestmark = [pytest.mark.django_db, pytest.mark.urls("apps.common.tests.urls")]


def test_a_request_without_an_id_gets_one(client: Client) -> None:
    ids = {client.get("/actor/").headers["X-Request-ID"] for _ in range(2)}
    assert len(ids) == 2


def test_a_well_formed_id_of_the_client_is_kept(client: Client) -> None:
    response = client.get("/actor/", headers={"X-Request-ID": "from-the-client"})
    assert response.headers["X-Request-ID"] == "from-the-client"


@pytest.mark.parametrize("given", ["short", "x" * 65, 'quote"inside', "line\tbreak"])
def test_a_malformed_id_of_the_client_is_replaced(client: Client, given: str) -> None:
    response = client.get("/actor/", headers={"X-Request-ID": given})
    assert response.headers["X-Request-ID"] != given


async def test_the_same_holds_for_async_requests(async_client: AsyncClient) -> None:
    response = await async_client.get("/actor/", headers={"X-Request-ID": "from-the-client"})
    assert response.headers["X-Request-ID"] == "from-the-client"


def test_one_line_is_logged_for_each_request(client: Client) -> None:
    with capture_logs() as lines:
        client.get("/actor/")
    [line] = [line for line in lines if line["event"] == "request"]
    assert (line["method"], line["path"], line["route"], line["status"]) == (
        "GET",
        "/actor/",
        "actor/",
        200,
    )
    assert line["duration_ms"] > 0


@pytest.mark.parametrize("path", settings.MIDDLEWARE)
def test_every_middleware_is_async_capable(path: str) -> None:
    assert import_string(path).async_capable
