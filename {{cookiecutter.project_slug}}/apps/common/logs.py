"""What every log line carries, and what none may show."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "***"
_SECRET_NAME = re.compile(
    r"pass(word)?|secret|token|authorization|cookie|api[-_]?key|card|cvv|\bcode\b|signature",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(
    r"(?i:(?<=bearer )[\w.=-]+)|\beyJ[\w-]+\.[\w-]+\.[\w-]+|\b(?:\d[ -]?){12,18}\d\b"
)
_STRUCTURE = {"event", "level", "logger", "timestamp", "exc_info", "stack_info"}


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace passwords, tokens, codes and card numbers, by name and by shape."""
    for name, value in event.items():
        if not name.startswith("_") and name not in _STRUCTURE:
            event[name] = MASK if _is_secret(name) else _masked(value)
    event["event"] = _masked(event.get("event", ""))
    return event


def drop_colour(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop the second copy that Uvicorn keeps of its messages, in colour."""
    event.pop("color_message", None)
    return event


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    """By its name; the same names come in every line."""
    return _SECRET_NAME.search(name) is not None


def _masked(value: Any) -> Any:  # noqa: ANN401 - whatever a caller logs
    match value:
        case str():
            return _SECRET_VALUE.sub(MASK, value)
        case Mapping():
            return {
                key: MASK if _is_secret(str(key)) else _masked(item) for key, item in value.items()
            }
        case list() | tuple():
            return [_masked(item) for item in value]
        case _:
            return value


PROCESSORS: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
)
