"""Traces: what they show, what they never show, and what is not traced."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from os import environ
from threading import Thread
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import AsyncClient, Client
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id
from pytest_django import Settings
from redis import exceptions
from redis.asyncio import Redis as AsyncRedis
from redis.client import Redis

from apps.common.events import Event, EventBus
from apps.common.models import OutboxEvent
from apps.common.task_backends.base import TaskBackend
from apps.common.tests import worker_tasks
from apps.common.tracing import background, database, http_client, process
from apps.common.tracing import redis as redis_client
from apps.common.tracing.calls import instrument, tracer
from apps.common.tracing.database import summary
from apps.common.tracing.logs import add_trace
from config.environment import BASE_DIR

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = f"00-{TRACE}-b7ad6b7169203331"

pytestmark = [pytest.mark.django_db, pytest.mark.urls("apps.common.tests.urls")]

type Spans = Callable[[], list[ReadableSpan]]


@pytest.fixture
def nowhere(settings: Settings) -> dict[str, Any]:
    """Redis is to be one server, which does not answer; how clients reach it."""
    settings.REDIS_URL = "redis://127.0.0.1:1"  # A reserved port: nobody listens there.
    return {"port": 1, "retry": None}


@pytest.fixture(scope="session")
def exporter() -> InMemorySpanExporter:
    """What takes the spans of this process, which can have one tracer provider only."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(
    exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> Spans:
    """Traces this process for one test; the spans that have ended, in that order."""
    settings.MIDDLEWARE = [process.MIDDLEWARE, *settings.MIDDLEWARE]
    settings.CONTEXT_FIELDS = [*settings.CONTEXT_FIELDS, "traceparent"]
    for module in (background, database, http_client, redis_client):
        for call in module.calls():
            # To be restored after the test.
            monkeypatch.setattr(call.owner, call.method, getattr(call.owner, call.method))
            instrument(call)
    exporter.clear()
    return lambda: list(exporter.get_finished_spans())


@pytest.fixture
def recorded(spans: Spans) -> Iterator[ReadableSpan]:
    """Something that is traced, and goes on during the test."""
    with tracer.start_as_current_span("work") as span:
        assert isinstance(span, ReadableSpan)
        yield span


class Listener(HTTPServer):
    """Remembers what it was asked for, and finds nothing."""

    def __init__(self) -> None:
        self.heard: list[BaseHTTPRequestHandler] = []
        super().__init__(("127.0.0.1", 0), Endpoint)


class Endpoint(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Listener)
        self.server.heard.append(self)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        thread = Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        yield listener
        listener.shutdown()
        thread.join()


class ShelfFilled(Event):
    @property
    def aggregate(self) -> str:
        return "shelf:a"


@pytest.fixture
def bus() -> EventBus:
    return EventBus()


def place(span: ReadableSpan) -> trace.SpanContext:
    """Where a span is, which the SDK's types leave open."""
    context = span.get_span_context()
    assert context
    return context


def attributes(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


def parent_of(span: ReadableSpan, spans: list[ReadableSpan]) -> str | None:
    """The name of the span that has led to a span."""
    names = {place(each).span_id: each.name for each in spans}
    return names.get(span.parent.span_id) if span.parent else None


@pytest.mark.urls(settings.ROOT_URLCONF)
def test_a_request_is_called_by_its_route(version: str, spans: Spans) -> None:
    response = Client().get(f"/api/{version}/products/?search=shoes")
    request = spans()[-1]
    assert (request.name, request.kind) == (f"GET /api/{version}/products/", SpanKind.SERVER)
    assert attributes(request) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": f"/api/{version}/products/",
        "request_id": response.headers["X-Request-ID"],
    }
    assert request.status.is_ok


@pytest.mark.urls(settings.ROOT_URLCONF)
def test_statements_are_part_of_the_request_that_they_are_for(version: str, spans: Spans) -> None:
    Client().get(f"/api/{version}/products/")
    request = spans()[-1]
    (statement,) = [span for span in spans() if span.name == "SELECT products_product"]
    assert parent_of(statement, [request]) == request.name


async def test_the_same_holds_on_the_event_loop(spans: Spans) -> None:
    await AsyncClient().get("/actor/")
    assert [span.name for span in spans()] == ["GET /actor/"]


def test_what_has_no_route_is_called_by_its_method(spans: Spans) -> None:
    Client().get("/nobody@example.com/")
    (request,) = spans()
    assert request.name == "GET"
    assert "http.route" not in attributes(request)


def test_a_defect_is_an_error(spans: Spans) -> None:
    Client(raise_request_exception=False).get("/api/defect/")
    request = spans()[-1]
    assert not request.status.is_ok
    assert attributes(request)["error.type"] == "500"


def test_a_caller_has_begun_the_trace(spans: Spans) -> None:
    Client().post("/api/counter/", headers={"traceparent": f"{CALLER}-01"})
    assert {format_trace_id(place(span).trace_id) for span in spans()} == {TRACE}


def test_nothing_is_recorded_when_the_caller_does_not_record(spans: Spans) -> None:
    Client().post("/api/counter/", headers={"traceparent": f"{CALLER}-00"})
    assert spans() == []


def test_a_statement_is_shown_without_its_values(spans: Spans, recorded: ReadableSpan) -> None:
    OutboxEvent.objects.filter(name="a secret").update(attempts=1)
    (statement,) = spans()
    assert (statement.name, statement.kind) == ("UPDATE common_outboxevent", SpanKind.CLIENT)
    text = attributes(statement)["db.query.text"]
    assert attributes(statement) == {"db.system.name": connection.vendor, "db.query.text": text}
    assert "%s" in str(text)
    assert "secret" not in str(text)


def test_a_statement_that_fails_is_an_error_of_a_kind(spans: Spans, recorded: ReadableSpan) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM nowhere")
    (statement,) = [span for span in spans() if not span.status.is_ok]
    assert str(attributes(statement)["error.type"]).startswith("django.db.utils.")
    assert statement.status.description is None
    assert statement.events == ()


@pytest.mark.django_db(transaction=True)
def test_a_commit_is_shown(spans: Spans, recorded: ReadableSpan) -> None:
    with transaction.atomic():
        OutboxEvent.objects.create(name="a", aggregate="b", payload={})
    assert [span.name for span in spans()][-1] == "COMMIT"


@pytest.mark.parametrize(
    ("statement", "short"),
    [
        ('SELECT "a"."id" FROM "a" INNER JOIN "b" ON (1 = 1)', "SELECT a"),
        ('INSERT INTO "a" ("id") VALUES (%s)', "INSERT a"),
        ('UPDATE "a" SET "id" = %s', "UPDATE a"),
        ('DELETE FROM "a" WHERE TRUE', "DELETE a"),
        ("\n  select *\n  from a", "select a"),
        ('SAVEPOINT "s1_x1"', "SAVEPOINT"),
        ("COMMIT", "COMMIT"),
        ("", "SQL"),
    ],
)
def test_a_statement_is_called_by_what_it_does(statement: str, short: str) -> None:
    assert summary(statement) == short


def test_a_command_is_shown_without_keys_and_values(
    nowhere: dict[str, Any], spans: Spans, recorded: ReadableSpan
) -> None:
    redis = Redis(**nowhere)
    with pytest.raises(exceptions.ConnectionError):
        redis.set("a secret", "another")
    pipeline = redis.pipeline()
    pipeline.get("a secret")
    with pytest.raises(exceptions.ConnectionError):
        pipeline.execute()
    assert [(span.name, attributes(span)) for span in spans()] == [
        (
            name,
            {
                "db.system.name": "redis",
                "db.operation.name": name,
                "error.type": "redis.exceptions.ConnectionError",
            },
        )
        for name in ("SET", "PIPELINE")
    ]


async def test_the_same_holds_for_asynchronous_commands(
    nowhere: dict[str, Any], spans: Spans, recorded: ReadableSpan
) -> None:
    async with AsyncRedis(**nowhere) as redis:
        with pytest.raises(exceptions.ConnectionError):
            await redis.get("a secret")
        pipeline = redis.pipeline()
        pipeline.get("a secret")
        with pytest.raises(exceptions.ConnectionError):
            await pipeline.execute()
    assert [span.name for span in spans()] == ["GET", "PIPELINE"]


def test_another_server_learns_of_the_trace_and_its_address_stays_secret(
    spans: Spans, recorded: ReadableSpan, listener: Listener
) -> None:
    httpx.post(f"http://127.0.0.1:{listener.server_port}/hook?key=secret")
    (request,) = spans()
    assert (request.name, request.kind) == ("POST", SpanKind.CLIENT)
    assert attributes(request) == {
        "http.request.method": "POST",
        "server.address": "127.0.0.1",
        "http.response.status_code": 404,
        "error.type": "404",
    }
    here = place(request)
    told = f"00-{format_trace_id(here.trace_id)}-{format_span_id(here.span_id)}"
    assert listener.heard[0].headers["traceparent"].startswith(told)


def test_an_event_is_delivered_in_the_trace_that_it_was_published_in(
    spans: Spans, bus: EventBus
) -> None:
    bus.subscribe(ShelfFilled)(lambda event: None)
    with tracer.start_as_current_span("request"):
        bus.publish(ShelfFilled())
    with tracer.start_as_current_span("task") as delivering:
        bus.deliver_pending()
    (published,) = [span for span in spans() if span.kind is SpanKind.PRODUCER]
    (delivered,) = [span for span in spans() if span.kind is SpanKind.CONSUMER]
    assert [published.name, delivered.name] == ["publish ShelfFilled", "deliver ShelfFilled"]
    assert parent_of(published, spans()) == "request"
    assert parent_of(delivered, spans()) == published.name
    assert [link.context for link in delivered.links] == [delivering.get_span_context()]
    assert delivered.status.is_ok


def test_an_event_that_was_published_in_no_trace_is_delivered_in_that_of_the_task(
    spans: Spans, bus: EventBus
) -> None:
    bus.publish(ShelfFilled())
    with tracer.start_as_current_span("task"):
        bus.deliver_pending()
    (delivered,) = [span for span in spans() if span.kind is SpanKind.CONSUMER]
    assert parent_of(delivered, spans()) == "task"
    assert delivered.links == ()


def test_a_delivery_that_fails_is_an_error(spans: Spans, bus: EventBus) -> None:
    def stumble(event: ShelfFilled) -> None:
        raise RuntimeError("a secret")

    bus.subscribe(ShelfFilled)(stumble)
    bus.publish(ShelfFilled())
    bus.deliver_pending()
    (delivered,) = [span for span in spans() if span.kind is SpanKind.CONSUMER]
    assert not delivered.status.is_ok
    assert "secret" not in delivered.to_json()


def test_a_task_runs_in_the_trace_that_it_was_enqueued_in(
    backend: TaskBackend, spans: Spans
) -> None:
    with tracer.start_as_current_span("request"):
        result = worker_tasks.count_events.enqueue()
    backend.run_next(worker_id="a worker")
    (enqueued,) = [span for span in spans() if span.kind is SpanKind.PRODUCER]
    (run,) = [span for span in spans() if span.kind is SpanKind.CONSUMER]
    assert [enqueued.name, run.name] == ["enqueue count_events", "run count_events"]
    assert parent_of(enqueued, spans()) == "request"
    assert parent_of(run, spans()) == enqueued.name
    assert attributes(run) == {
        "messaging.system": "django_tasks",
        "messaging.destination.name": "critical",
        "messaging.message.id": result.id,
    }
    assert run.status.is_ok
    (statement,) = [span for span in spans() if span.name == "SELECT common_outboxevent"]
    assert parent_of(statement, spans()) == run.name


def test_a_task_that_was_enqueued_in_no_trace_begins_one(
    backend: TaskBackend, spans: Spans
) -> None:
    worker_tasks.count_events.enqueue()
    assert spans() == []
    with tracer.start_as_current_span("something else"):
        backend.run_next(worker_id="a worker")
    (run,) = [span for span in spans() if span.kind is SpanKind.CONSUMER]
    assert run.parent is None


def test_what_is_not_recorded_leads_to_nothing_that_is(backend: TaskBackend, spans: Spans) -> None:
    unsampled = trace.SpanContext(int(TRACE, 16), 1, is_remote=True)
    with trace.use_span(trace.NonRecordingSpan(unsampled)):
        result = worker_tasks.show_context.enqueue()
    assert result.kwargs["_context"]["traceparent"].startswith(f"00-{TRACE}-")
    assert backend.run_next(worker_id="a worker")
    assert spans() == []


def test_a_task_that_fails_is_an_error_of_a_kind(backend: TaskBackend, spans: Spans) -> None:
    worker_tasks.fail.enqueue("builtins.ValueError")
    backend.run_next(worker_id="a worker")
    (run,) = [span for span in spans() if span.kind is SpanKind.CONSUMER]
    assert not run.status.is_ok
    assert attributes(run)["error.type"] == "builtins.ValueError"


def test_a_log_line_names_the_span_it_was_written_in(recorded: ReadableSpan) -> None:
    here = place(recorded)
    assert add_trace(None, "info", {"event": "sold", "traceparent": CALLER}) == {
        "event": "sold",
        "trace_id": format_trace_id(here.trace_id),
        "span_id": format_span_id(here.span_id),
    }


def test_a_log_line_names_no_span_that_is_not_recorded() -> None:
    assert add_trace(None, "info", {"event": "sold"}) == {"event": "sold"}


def test_a_process_sends_its_spans_before_it_ends(listener: Listener) -> None:
    work = "from apps.common.tracing.calls import tracer; tracer.start_span('work').end()"
    subprocess.run(  # noqa: S603 - this project's own program
        [sys.executable, "manage.py", "shell", "--no-imports", "--command", work],
        cwd=BASE_DIR,
        env=environ
        | {
            "DJANGO_SETTINGS_MODULE": "config.settings.development",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{listener.server_port}/",
        },
        check=True,
    )
    assert [request.path for request in listener.heard] == ["/v1/traces"]
