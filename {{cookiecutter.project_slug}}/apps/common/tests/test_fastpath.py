"""What stands between the server and the views."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from threading import Event, get_ident
from typing import Any, cast

import httpx
import orjson
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import path as route
from django.utils.deprecation import MiddlewareMixin
from django.utils.module_loading import import_string

from apps.common.fastpath.renderers import FastJSONRenderer
from apps.common.fastpath.stacks import ApiHandler
from apps.common.fastpath.threads import Lane, RequestThreads
from apps.common.fastpath.types import Application, Receive, Scope, Send
from config.asgi import application

PATIENCE = 10  # seconds
ELSEWHERE = "https://elsewhere.example"

type View = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
type Serve = Callable[[View], Application]


def client_of(application: Application) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=cast("Any", application))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost")


async def get(path: str, **headers: str) -> httpx.Response:
    async with client_of(application) as client:
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


async def test_a_thread_that_is_still_busy_is_not_handed_on_when_more_was_to_come() -> None:
    end = Event()

    async def hang_up(_scope: Scope, _receive: Receive, _send: Send) -> None:
        calls = asyncio.gather(sync_to_async(end.wait)(PATIENCE), sync_to_async(get_ident)())
        await asyncio.sleep(0)
        calls.cancel()
        with suppress(asyncio.CancelledError):
            await calls

    server = RequestThreads(hang_up)
    await server({"type": "http"}, cast("Any", None), cast("Any", None))
    assert server.idle == []
    end.set()


@pytest.mark.django_db(transaction=True)
async def test_a_request_leaves_no_connection_on_its_thread() -> None:
    def query() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    async def ask(_scope: Scope, _receive: Receive, _send: Send) -> None:
        await sync_to_async(query)()

    async def open_connection(lane: Lane) -> Any:  # noqa: ANN401 - the driver's
        return await asyncio.wrap_future(lane.submit(lambda: connection.connection))

    server = RequestThreads(ask)
    for _ in range(2):
        await server({"type": "http"}, cast("Any", None), cast("Any", None))
        (lane,) = server.idle
        assert await open_connection(lane) is None


class Visit:
    """A request to an application, whose client may hang up before there is an answer."""

    def __init__(self, application: Application) -> None:
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
        self._arriving: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._arriving.put_nowait({"type": "http.request"})
        self.sent: list[Mapping[str, Any]] = []
        self.serving = asyncio.ensure_future(application(scope, self._arriving.get, self._send))

    def hang_up(self) -> None:
        self._arriving.put_nowait({"type": "http.disconnect"})

    async def _send(self, message: Mapping[str, Any]) -> None:
        self.sent.append(message)


class Patience:
    """A view that never answers, and says how that ends."""

    def __init__(self) -> None:
        self.is_waiting = asyncio.Event()
        self.is_cancelled = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        self.is_waiting.set()
        try:
            return await asyncio.Future()
        except asyncio.CancelledError:
            self.is_cancelled.set()
            await self.may_end.wait()
            raise


class Parts:
    """A body that is streamed without end, and that someone has to close."""

    def __init__(self) -> None:
        self.is_begun = asyncio.Event()
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"part"
        self.is_begun.set()
        await asyncio.Future()

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def serve_view(settings: Any) -> Serve:  # noqa: ANN401 - pytest-django's
    """Makes an application of one view, with what surrounds the views of the API."""

    def make(view: View) -> Application:
        async def answer(request: HttpRequest) -> HttpResponseBase:
            return await view(request)

        settings.ROOT_URLCONF = (route("", answer),)
        return ApiHandler()

    return make


async def test_a_client_that_hangs_up_ends_what_it_waits_for(serve_view: Serve) -> None:
    view = Patience()
    async with asyncio.timeout(PATIENCE):
        visit = Visit(serve_view(view))
        await view.is_waiting.wait()
        visit.hang_up()
        await visit.serving
    assert view.is_cancelled.is_set()
    assert visit.sent == []


async def test_a_server_that_stops_ends_its_requests(serve_view: Serve) -> None:
    view = Patience()
    async with asyncio.timeout(PATIENCE):
        visit = Visit(serve_view(view))
        await view.is_waiting.wait()
        visit.serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visit.serving
    assert view.is_cancelled.is_set()


async def test_a_server_that_stops_is_heard_after_the_client_has_hung_up(
    serve_view: Serve,
) -> None:
    view = Patience()
    view.may_end.clear()
    async with asyncio.timeout(PATIENCE):
        visit = Visit(serve_view(view))
        await view.is_waiting.wait()
        visit.hang_up()
        await view.is_cancelled.wait()
        visit.serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visit.serving


async def test_uploaded_files_are_closed_with_the_answer(serve_view: Serve) -> None:
    uploaded: list[UploadedFile[Any]] = []

    async def upload(request: HttpRequest) -> HttpResponse:
        uploaded.append(cast("UploadedFile[Any]", request.FILES["file"]))
        return HttpResponse()

    async with client_of(serve_view(upload)) as client:
        response = await client.post("/", files={"file": b"content"})
    assert response.status_code == 200
    assert [file.closed for file in uploaded] == [True]


async def test_what_an_answer_holds_open_is_closed_when_the_client_hangs_up(
    serve_view: Serve,
) -> None:
    parts = Parts()

    async def stream(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(parts)

    async with asyncio.timeout(PATIENCE):
        visit = Visit(serve_view(stream))
        await parts.is_begun.wait()
        visit.hang_up()
        await visit.serving
    assert parts.is_closed


@pytest.mark.django_db(transaction=True)
async def test_the_api_answers_without_what_pages_need() -> None:
    response = await get("/api/v1/categories/", origin=ELSEWHERE)
    assert response.status_code == 200
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Request-ID"]
    assert "Content-Security-Policy" not in response.headers
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.parametrize("path", ["/", "/api/v1/docs/", "/admin/login/"])
@pytest.mark.django_db(transaction=True)
async def test_pages_have_a_content_security_policy(path: str) -> None:
    response = await get(path)
    assert response.status_code == 200
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize("admitted", [[], [ELSEWHERE]])
async def test_other_sites_hear_of_the_api_if_any_are_admitted(
    settings: Any,  # noqa: ANN401 - pytest-django's
    serve_view: Serve,
    admitted: list[str],
) -> None:
    async def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    settings.CORS_ALLOWED_ORIGINS = admitted
    async with client_of(serve_view(answer)) as client:
        response = await client.get("/", headers={"Origin": ELSEWHERE})
    assert response.headers.get_list("Access-Control-Allow-Origin") == admitted
    assert ("origin" in response.headers.get("Vary", "")) == bool(admitted)


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
