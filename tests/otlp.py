"""A collector that keeps the traces it is sent: OTLP over HTTP, with the official messages."""

import gzip
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.servers import ADDRESS


@dataclass(frozen=True)
class Span:
    """A span, as far as the tests look at it.

    Attributes:
        kind: `SERVER`, `CLIENT`, `PRODUCER`, `CONSUMER` or `INTERNAL`.
        process: Who has sent it.
        links: The spans it is linked to.
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    process: str
    is_error: bool
    attributes: dict[str, str | int]
    links: tuple[str, ...]
    started: int
    ended: int


class Collector(ThreadingHTTPServer):
    """Takes spans until a block ends.

    Args:
        port: Where; one that is free unless told otherwise.

    Attributes:
        spans: What has come so far.
        requests: The messages, in their own form.
    """

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__((ADDRESS, port), Endpoint)
        self.spans: list[Span] = []
        self.requests: list[ExportTraceServiceRequest] = []

    def __enter__(self) -> Self:
        Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        """What a project is given as `OTEL_EXPORTER_OTLP_ENDPOINT`."""
        return f"http://{ADDRESS}:{self.server_port}"

    def take(self, message: bytes) -> None:
        """Keep a message."""
        request = ExportTraceServiceRequest.FromString(message)
        self.requests.append(request)
        self.spans += spans_of(request)

    def trace(self, trace_id: str) -> list[Span]:
        """Return the spans of a trace that have come, in the order in which they began."""
        spans = [span for span in self.spans if span.trace_id == trace_id]
        return sorted(spans, key=lambda span: span.started)


class Endpoint(BaseHTTPRequestHandler):
    """Answers a request to a collector."""

    server: Collector

    def do_POST(self) -> None:
        """Take spans."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        assert self.path == "/v1/traces"
        self.server.take(body)
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        # A process that ends does not wait for the answer.
        with suppress(ConnectionError):
            self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def spans_of(request: ExportTraceServiceRequest) -> Iterator[Span]:
    """Take a message apart."""
    for sender in request.resource_spans:
        process = values(sender.resource.attributes)["service.instance.id"]
        for scope in sender.scope_spans:
            for span in scope.spans:
                yield Span(
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    name=span.name,
                    kind=span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
                    process=str(process),
                    is_error=span.status.code == span.status.STATUS_CODE_ERROR,
                    attributes=values(span.attributes),
                    links=tuple(link.span_id.hex() for link in span.links),
                    started=span.start_time_unix_nano,
                    ended=span.end_time_unix_nano,
                )


def values(attributes: Any) -> dict[str, str | int]:  # noqa: ANN401 - a field of many messages
    """Return attributes by their names."""
    return {
        each.key: getattr(each.value, str(each.value.WhichOneof("value"))) for each in attributes
    }
