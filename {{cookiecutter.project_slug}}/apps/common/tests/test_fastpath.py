"""What stands between the server and the views."""

import asyncio
from threading import Event, get_ident
from typing import Any, cast

import httpx
import orjson
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils.deprecation import MiddlewareMixin
from django.utils.module_loading import import_string

from apps.common.fastpath.renderers import FastJSONRenderer
from apps.common.fastpath.threads import RequestThreads
from apps.common.fastpath.types import Receive, Scope, Send
from config.asgi import application

PATIENCE = 10  # seconds


async def get(path: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=cast("Any", application))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path, headers=headers)


class Threads:
    """An application that notes the thread of each request."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.everybody = asyncio.Barrier(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(await sync_to_async(get_ident)())
        async with asyncio.timeout(PATIENCE), self.everybody:
            pass


async def serve(server: RequestThreads, requests: int = 1) -> None:
    application = cast("Threads", server.application)
    application.everybody = asyncio.Barrier(requests)
    scope: Scope = {"type": "http"}
    call = cast("Any", None)
    await asyncio.gather(*(server(scope, call, call) for _ in range(requests)))


async def test_a_thread_serves_one_request_after_the_other() -> None:
    threads = Threads()
    server = RequestThreads(threads)
    for _ in range(3):
        await serve(server)
    assert len(threads.seen) == 3
    assert len(set(threads.seen)) == 1


async def test_requests_at_the_same_time_have_threads_of_their_own() -> None:
    threads = Threads()
    await serve(RequestThreads(threads), requests=5)
    assert len(set(threads.seen)) == 5


async def test_after_a_burst_some_threads_are_kept() -> None:
    server = RequestThreads(Threads(), keep=2)
    await serve(server, requests=5)
    assert len(server.idle) == 2


async def test_a_thread_that_is_still_busy_is_not_handed_on() -> None:
    end = Event()

    async def hang_up(_scope: Scope, _receive: Receive, _send: Send) -> None:
        call = asyncio.create_task(sync_to_async(end.wait)(PATIENCE))
        await asyncio.sleep(0)
        call.cancel()

    server = RequestThreads(hang_up)
    await server({"type": "http"}, cast("Any", None), cast("Any", None))
    assert server.idle == []
    end.set()


@pytest.mark.django_db(transaction=True)
async def test_the_api_answers_without_what_pages_need() -> None:
    response = await get("/api/v1/categories/", origin="https://elsewhere.example")
    assert response.status_code == 200
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Request-ID"]
    assert "Content-Security-Policy" not in response.headers
    assert "Cookie" not in response.headers["Vary"]


@pytest.mark.parametrize("path", ["/", "/api/v1/docs/", "/admin/login/"])
@pytest.mark.django_db(transaction=True)
async def test_pages_have_a_content_security_policy(path: str) -> None:
    response = await get(path)
    assert response.status_code == 200
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize("path", settings.API_MIDDLEWARE)
def test_no_middleware_of_the_api_needs_a_thread(path: str) -> None:
    middleware = import_string(path)
    assert middleware.async_capable
    assert getattr(middleware, "__acall__", None) is not MiddlewareMixin.__acall__


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (None, b""),
        ({"a": [1, "ü"]}, '{"a":[1,"ü"]}'.encode()),
        ({"row": orjson.Fragment(b'{"id":1}')}, b'{"row":{"id":1}}'),
    ],
)
def test_json_is_written_compactly_and_parts_of_it_go_out_as_they_are(
    data: object, text: bytes
) -> None:
    assert FastJSONRenderer().render(data) == text
