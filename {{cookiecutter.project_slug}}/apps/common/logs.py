"""What every log line carries, and what none may show."""

import json
from collections.abc import Callable
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from apps.common.masking import MASK, is_secret, masked

# Made by the processors below.
_STRUCTURE = {"level", "logger", "timestamp"}


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Show no password, token, code, card number or address of e-mail, in whatever field."""
    for name, value in event.items():
        if name not in _STRUCTURE:
            event[name] = MASK if is_secret(name) else masked(value)
    return event


def drop_colour(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop the second copy that Uvicorn keeps of its messages, in colour."""
    event.pop("color_message", None)
    return event


def dumps(line: EventDict, default: Callable[[Any], Any]) -> str:
    """A line as JSON."""
    try:
        return orjson.dumps(line, default=default).decode()
    except orjson.JSONEncodeError:
        # Half of a surrogate pair, or a number of more than 64 bits.
        return json.dumps(line, default=default)


PROCESSORS: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
)
