"""Spans for calls of methods that know nothing of tracing: other servers' clients, our own tasks.

A span says what kind of call it was and how it ended, never with what values: neither parameters
nor keys, addresses or messages of errors, which may hold secrets.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

type Attributes = Mapping[str, str | int]
type Look = Callable[[Any], None]
"""Looks at what a call has returned."""

tracer = trace.get_tracer("apps.common.tracing")
propagator = TraceContextTextMapPropagator()


@dataclass(frozen=True)
class Call:
    """A method, and what goes on around its calls.

    Attributes:
        owner: The class that has it.
        method: Its name.
        around: Given the arguments, a block to make the call in.
    """

    owner: type
    method: str
    around: Callable[..., AbstractContextManager[Look]]


def instrument(call: Call) -> None:
    """Let the calls of a method, synchronous or not, take place in a block."""
    original = getattr(call.owner, call.method)

    @wraps(original)
    def make(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it returns
        with call.around(*args, **kwargs) as look:
            result = original(*args, **kwargs)
            look(result)
            return result

    @wraps(original)
    async def make_async(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it returns
        with call.around(*args, **kwargs) as look:
            result = await original(*args, **kwargs)
            look(result)
            return result

    setattr(call.owner, call.method, make_async if iscoroutinefunction(original) else make)


def look_away(_result: object) -> None:
    """Whatever comes of it is fine."""


NOTHING = nullcontext(look_away)
"""A block for calls of which nobody takes notice."""


def is_recorded() -> bool:
    """Whether what goes on is part of a trace that will be sent."""
    return trace.get_current_span().is_recording()


def is_traced() -> bool:
    """Whether what goes on is part of a trace, even of one that is not sent."""
    return trace.get_current_span().get_span_context().is_valid


@contextmanager
def client_span(name: str, attributes: Attributes) -> Iterator[Look]:
    """A span for a call to another server."""
    with span(name, SpanKind.CLIENT, attributes):
        yield look_away


@contextmanager
def span(
    name: str,
    kind: SpanKind,
    attributes: Attributes,
    *,
    context: Context | None = None,
    links: tuple[Link, ...] = (),
) -> Iterator[Span]:
    """A span, and the current one in its block; an exception makes it an error.

    Args:
        name: One of few.
        kind: What it has to do with other processes.
        attributes: What else is known in the beginning.
        context: Where its parent is; by default that is the current one.
        links: Other spans that have led to it.
    """
    with tracer.start_as_current_span(
        name,
        context,
        kind,
        attributes,
        links,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except Exception as error:
            fail(current, f"{type(error).__module__}.{type(error).__qualname__}")
            raise


def fail(failed: Span, kind: str) -> None:
    """Say that a span is an error, and of which kind."""
    failed.set_status(StatusCode.ERROR)
    failed.set_attribute("error.type", kind)
