"""One purchase is one trace, through every process that has to do with it."""

import json
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.deployment import HEADERS, Deployment, is_ready
from tests.otlp import Collector, Span
from tests.redis_servers import Redis, RedisCluster
from tests.servers import ADDRESS, PATIENCE, free_port, wait_until

DEMO = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
CUSTOMER = "customer@example.com"
SIGN_IN = f"""
from apps.authentication import tokens
from apps.authentication.models import User
print(tokens.issue(User.objects.get(email="{CUSTOMER}")).access)
"""
DELIVER = """
from apps.common.events import bus
while bus.deliver_pending():
    pass
"""
FLOW = [
    "publish PaymentRequested",
    "deliver PaymentRequested",
    "enqueue process_order_payment",
    "run process_order_payment",
    "publish PaymentProcessed",
    "deliver PaymentProcessed",
    "enqueue send_order_confirmation",
    "run send_order_confirmation",
    "publish EmailSent",
    "deliver EmailSent",
]
"""What comes of a payment, each from the one before."""
PENDING = "SELECT count(*) FROM common_outboxevent WHERE delivered_at IS NULL"
LONGEST_GOODBYE = 5  # seconds


@dataclass
class Purchase:
    """Somebody orders and pays in the course of a trace that an application of theirs has begun.

    Attributes:
        url: The shop's.
        version: Of the API.
        token: Of the customer.
        trace_id: Of the trace.
        span_id: Where the requests are in it.
        request_ids: Those of the requests.
        order: What was bought, by public id.
    """

    url: str
    version: str
    token: str
    trace_id: str = field(default_factory=lambda: secrets.token_hex(16))
    span_id: str = field(default_factory=lambda: secrets.token_hex(8))
    request_ids: list[str] = field(default_factory=list)
    order: str = ""

    def make(self) -> None:
        """Buy the first product there is."""
        product = self.ask("GET", "products/")["results"][0]["id"]
        items = [{"product_id": product, "quantity": 1}]
        self.order = self.ask("POST", "orders/", {"items": items})["id"]
        self.ask("POST", "payments/", {"order_id": self.order, "method": "fake_success"})

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Send a request."""
        headers = HEADERS | {
            "Authorization": f"Bearer {self.token}",
            "traceparent": f"00-{self.trace_id}-{self.span_id}-01",
        }
        address = f"{self.url}/api/{self.version}/{path}"
        answer = httpx.request(method, address, headers=headers, json=body, timeout=30)
        self.request_ids.append(answer.headers["X-Request-ID"])
        document: dict[str, Any] = answer.raise_for_status().json()
        return document


@dataclass(frozen=True)
class Shop:
    """A deployment that sells, with one process for the web and one for tasks."""

    deployment: Deployment
    collector: Collector
    url: str
    token: str

    def log_lines(self) -> list[dict[str, Any]]:
        """Return what all processes have logged as JSON."""
        lines = []
        for line in self.deployment.log_lines():
            with suppress(json.JSONDecodeError):
                lines.append(json.loads(line))
        return [line for line in lines if isinstance(line, dict)]


def prepare(deployment: Deployment) -> str:
    """Fill the shop, leave nothing to be done, and return the token of a customer."""
    deployment.manage("seed", **DEMO)
    deployment.manage("shell", "--no-imports", "--command", DELIVER, **DEMO)
    return deployment.manage("shell", "--no-imports", "--command", SIGN_IN, **DEMO).strip()


@pytest.fixture(scope="module", params=[Redis, RedisCluster])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with Collector() as collector, Deployment("default", redis=request.param) as deployment:
        token = prepare(deployment)
        there = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        url = deployment.serve(**there)
        deployment.start("manage.py", "worker", "--poll-interval=0.05", **there)
        yield Shop(deployment, collector, url, token)


@pytest.fixture(scope="module", params=["v1", "v2"])
def purchase(request: pytest.FixtureRequest, shop: Shop) -> Purchase:
    """A purchase, and all that came of it."""
    purchase = Purchase(shop.url, request.param, shop.token)
    purchase.make()
    wait_until(lambda: is_complete(shop.collector.trace(purchase.trace_id), purchase))
    return purchase


@pytest.fixture
def spans(shop: Shop, purchase: Purchase) -> list[Span]:
    """The purchase's."""
    return shop.collector.trace(purchase.trace_id)


def is_complete(spans: Sequence[Span], purchase: Purchase) -> bool:
    """Tell whether the last of its spans has come, and every span that leads to another."""
    known = {purchase.span_id, *(span.span_id for span in spans)}
    return FLOW[-1] in {span.name for span in spans} and all(
        span.parent_id in known for span in spans
    )


def path_to(span: Span, spans: Sequence[Span]) -> list[Span]:
    """Return the spans that lead to one, from the first, and itself."""
    by_id = {each.span_id: each for each in spans}
    path = [span]
    while parent := by_id.get(path[0].parent_id):
        path.insert(0, parent)
    return path


def children(parent: Span, spans: Sequence[Span]) -> set[str | int]:
    """Return which systems a span has called."""
    return {
        span.attributes["db.system.name"]
        for span in spans
        if span.parent_id == parent.span_id and span.kind == "CLIENT"
    }


def test_all_of_it_follows_from_the_request_in_the_right_order(
    purchase: Purchase, spans: list[Span]
) -> None:
    (last,) = [span for span in spans if span.name == FLOW[-1]]
    path = path_to(last, spans)
    assert [span.name for span in path] == [f"POST /api/{purchase.version}/payments/", *FLOW]
    assert path[0].parent_id == purchase.span_id
    assert sorted(path, key=lambda span: span.started) == path
    # Redis is sent a script once it turns out not to know it.
    errors = {span.attributes["error.type"] for span in spans if span.is_error}
    assert errors <= {"redis.exceptions.NoScriptError"}


def test_it_goes_from_the_web_to_the_worker(spans: list[Span]) -> None:
    web = {span.process for span in spans if span.kind == "SERVER"}
    worker = {span.process for span in spans if span.kind == "CONSUMER"}
    assert len(worker) == 1
    assert web.isdisjoint(worker)


def test_statements_and_commands_belong_to_what_has_sent_them(spans: list[Span]) -> None:
    senders = ("POST", "run process_order_payment", "run send_order_confirmation")
    for sender in senders:
        for span in spans:
            if span.name.startswith(sender):
                assert children(span, spans) == {"postgresql", "redis"}
    (read,) = [span for span in spans if span.name.startswith("GET")]
    assert children(read, spans) == {"postgresql", "redis"}
    stored = [span for span in spans if span.name == "INSERT common_outboxevent"]
    assert {path_to(span, spans)[-2].name for span in stored} == {
        "publish OrderCreated",
        *(name for name in FLOW if name.startswith("publish")),
    }


def test_every_line_that_was_logged_of_it_tells_its_trace(shop: Shop, purchase: Purchase) -> None:
    ids = purchase.request_ids
    lines = [line for line in shop.log_lines() if line.get("http.request.id") in ids]
    assert {line["message"] for line in lines} >= {"request", "task succeeded"}
    assert {line["trace.id"] for line in lines} == {purchase.trace_id}
    spans = {span.span_id for span in shop.collector.trace(purchase.trace_id)}
    assert {line["span.id"] for line in lines} <= spans
    assert not any("traceparent" in line.get("labels", {}) for line in lines)


def test_it_holds_nothing_that_is_nobody_elses_business(shop: Shop, purchase: Purchase) -> None:
    sent = b"".join(request.SerializeToString() for request in shop.collector.requests)
    assert sent
    for secret in (shop.token, CUSTOMER, "192.0.2.1", purchase.order, "Bearer", "Demo Customer"):
        assert secret.encode() not in sent


def test_every_process_sends_spans_of_its_own(shop: Shop) -> None:
    another = shop.deployment.serve(OTEL_EXPORTER_OTLP_ENDPOINT=shop.collector.url)

    def have_both_answered() -> bool:
        for url in (shop.url, another):
            httpx.get(f"{url}/api/v1/products/", headers=HEADERS).raise_for_status()
        servers = [span for span in shop.collector.spans if span.kind == "SERVER"]
        return len({span.process for span in servers}) > 1

    wait_until(have_both_answered)


def test_a_caller_who_does_not_trace_a_request_is_heard(shop: Shop) -> None:
    purchase = Purchase(shop.url, "v1", shop.token)
    unsampled = HEADERS | {"traceparent": f"00-{purchase.trace_id}-{purchase.span_id}-00"}
    httpx.get(f"{shop.url}/api/v1/products/", headers=unsampled).raise_for_status()
    later = Purchase(shop.url, "v1", shop.token)
    later.ask("GET", "products/")
    wait_until(lambda: shop.collector.trace(later.trace_id))
    assert shop.collector.trace(purchase.trace_id) == []


def test_a_server_that_ends_sends_its_last_spans(shop: Shop) -> None:
    port, there = free_port(), {"OTEL_EXPORTER_OTLP_ENDPOINT": shop.collector.url}
    server = shop.deployment.start("-m", "config.serve", "--port", str(port), **there)
    last = Purchase(f"http://{ADDRESS}:{port}", "v1", shop.token)
    wait_until(lambda: is_ready(last.url))
    last.ask("GET", "products/")
    server.terminate()
    assert server.wait(PATIENCE) == 0
    assert shop.collector.trace(last.trace_id)


@pytest.fixture
def black_hole() -> Iterator[str]:
    """The address of a collector that takes connections and never answers."""
    with socket.create_server((ADDRESS, 0)) as listener:
        yield f"http://{ADDRESS}:{listener.getsockname()[1]}"


@pytest.mark.parametrize("collector", ["refuses", "is silent"])
def test_a_dead_collector_costs_nothing_but_traces(collector: str, black_hole: str) -> None:
    endpoint = black_hole if collector == "is silent" else f"http://{ADDRESS}:{free_port()}"
    there = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
    with Deployment("default") as deployment:
        token = prepare(deployment)
        url = deployment.serve(**there)
        worker = deployment.start("manage.py", "worker", "--poll-interval=0.05", **there)
        for _ in range(20):
            Purchase(url, "v1", token).make()
        wait_until(lambda: deployment.postgres.psql(deployment.app, "-c", PENDING) == "0")
        begun = time.monotonic()
        worker.terminate()
        with suppress(subprocess.TimeoutExpired):
            worker.wait(LONGEST_GOODBYE)
        assert (worker.poll(), time.monotonic() - begun < LONGEST_GOODBYE) == (0, True)
