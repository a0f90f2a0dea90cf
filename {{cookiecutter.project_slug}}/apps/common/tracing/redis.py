"""Spans of commands to Redis: their names, without keys and values."""

from collections.abc import Iterator
from contextlib import AbstractContextManager

from django.conf import settings

from apps.common.redis.connections import topology
from apps.common.tracing.calls import NOTHING, Call, Look, client_span, is_recorded


def calls() -> Iterator[Call]:
    """What sends commands, one or several at once."""
    if not settings.REDIS_URL:
        return
    for client in topology().CLIENTS:
        yield Call(client, "execute_command", around_command)
    for pipeline in topology().PIPELINES:
        yield Call(pipeline, "execute", around_pipeline)


def around_command(
    _client: object, command: object, *_: object, **__: object
) -> AbstractContextManager[Look]:
    """A span for a command."""
    return _span(str(command)) if is_recorded() else NOTHING


def around_pipeline(*_: object, **__: object) -> AbstractContextManager[Look]:
    """A span for the commands of a pipeline."""
    return _span("PIPELINE") if is_recorded() else NOTHING


def _span(name: str) -> AbstractContextManager[Look]:
    return client_span(name, {"db.system.name": "redis", "db.operation.name": name})
