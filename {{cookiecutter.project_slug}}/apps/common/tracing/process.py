"""What a process needs to send its traces: when they are sent, how many, and who calls."""

import atexit
import logging
import os
import socket

from django.conf import settings
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from apps.common.tracing import background, database, http_client, redis
from apps.common.tracing.calls import instrument

MIDDLEWARE = "apps.common.tracing.middleware.traced"
LONGEST_ATTRIBUTE = 2000  # characters: statements can be long
LONGEST_GOODBYE = 2000  # milliseconds that a process which ends waits for its spans to be sent
SENT_EVERY = 1000  # milliseconds: a process that a signal ends at once loses no more than these


def start() -> None:
    """Send the spans of this process to the collector, and make some for what it does.

    Where to and how many is up to the variables that OpenTelemetry has for it. Nothing waits for
    the collector: spans queue up, and those that find the queue full are lost.
    """
    os.environ.setdefault("OTEL_SERVICE_NAME", settings.SERVICE_NAME)
    instance = {"service.instance.id": f"{socket.gethostname()}:{os.getpid()}"}
    provider = TracerProvider(
        resource=Resource.create(instance),
        span_limits=SpanLimits(max_span_attribute_length=LONGEST_ATTRIBUTE),
        shutdown_on_exit=False,
    )
    queue = BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=SENT_EVERY)
    provider.add_span_processor(queue)
    trace.set_tracer_provider(provider)
    atexit.register(stop, queue)
    # While the collector is away, one line for spans that are given up, none for each attempt.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)
    for stack in (settings.MIDDLEWARE, settings.API_MIDDLEWARE):
        stack.insert(0, MIDDLEWARE)
    settings.CONTEXT_FIELDS.append("traceparent")
    for module in (background, database, http_client, redis):
        for call in module.calls():
            instrument(call)


def stop(queue: BatchSpanProcessor) -> None:
    """Send what is left, if the collector takes it in time."""
    # Its own `shutdown` gives the collector half a minute.
    queue._batch_processor.shutdown(timeout_millis=LONGEST_GOODBYE)  # noqa: SLF001 - no other way
