"""Log lines in the Elastic Common Schema, whose fields have the same name and type everywhere.

Names are dotted, as https://www.elastic.co/docs/reference/ecs/logging/intro has it. What the schema
has no field for becomes a label, which is always text.
"""

import json
import os
import re
import socket
from functools import lru_cache
from typing import Any

from django.conf import settings
from structlog.typing import EventDict, WrappedLogger

VERSION = "9.4.0"
HOST = socket.gethostname()
FIELDS = {
    "client_ip": "client.ip",
    "error": "error.message",
    "exception": "error.stack_trace",
    "logger": "log.logger",
    "method": "http.request.method",
    "path": "url.path",
    "request_id": "http.request.id",
    "span_id": "span.id",
    "stack": "error.stack_trace",
    "trace_id": "trace.id",
    "user_id": "user.id",
}
NUMBERS = {
    "duration_ms": ("event.duration", 1_000_000),
    "seconds": ("event.duration", 1_000_000_000),
    "status": ("http.response.status_code", 1),
}
"""Fields that take whole numbers, and how many of theirs make one of ours: nanoseconds."""
LARGEST = 10**9
"""Of ours; what is larger is a mistake, and might be too large for Elasticsearch."""
_NO_LABEL = re.compile(r"\W")


def to_ecs(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Rename what a line holds, the most telling first."""
    line: dict[str, Any] = {
        "@timestamp": event.pop("timestamp"),
        "log.level": event.pop("level"),
        "message": str(event.pop("event")),
        "ecs.version": VERSION,
        "service.name": settings.SERVICE_NAME,
        "event.dataset": f"{settings.SERVICE_NAME}.log",
        "host.name": HOST,
        "process.pid": os.getpid(),
    }
    labels = {}
    for name, value in event.items():
        if value is None or value == "":
            continue
        if name in NUMBERS and isinstance(value, int | float) and abs(value) < LARGEST:
            field, factor = NUMBERS[name]
            line[field] = round(value * factor)
            continue
        text = value if isinstance(value, str) else json.dumps(value)
        if field := FIELDS.get(name, ""):
            line[field] = text
        else:
            labels[_label(name)] = text
    if labels:
        line["labels"] = labels
    return line


@lru_cache(maxsize=1024)
def _label(name: str) -> str:
    """A name without what means something to Elasticsearch."""
    return _NO_LABEL.sub("_", name)
