"""Log lines in the Elastic Common Schema."""

import json
import logging
from collections.abc import Callable
from io import StringIO

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from apps.common.elk.ecs import FIELDS, NUMBERS, to_ecs
from apps.common.log_handlers import LineHandler
from apps.common.logs import mask_secrets
from config.settings.logging import to_json
from tests.elk import departures

type Line = dict[str, object]

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=5,
)
# What a record has by itself, `logging` takes from nobody else.
TAKEN = {*vars(logging.makeLogRecord({})), "message", "asctime"}
NAMES = (st.sampled_from([*FIELDS, *NUMBERS, "timestamp", "level"]) | st.text(min_size=1)).filter(
    lambda name: name not in TAKEN
)


@pytest.fixture(scope="module")
def log() -> Callable[..., Line]:
    """Logs something, and returns the line."""
    handler = LineHandler(StringIO(), [mask_secrets, to_ecs, to_json])

    def log(message: str, **fields: object) -> Line:
        record = logging.makeLogRecord({"name": "test", "levelname": "INFO", "levelno": 20})
        record.__dict__.update(fields, msg=message)
        line: Line = json.loads(handler.format(record))
        return line

    return log


def test_a_line_has_the_fields_of_the_schema(log: Callable[..., Line]) -> None:
    with bound_contextvars(request_id="r-1", user_id="u-1", client_ip="192.0.2.1"):
        line = log("request", method="GET", path="/", status=200, duration_ms=1.5)
    assert list(departures(line)) == []
    assert (
        line
        | {
            "message": "request",
            "log.level": "info",
            "log.logger": "test",
            "service.name": settings.SERVICE_NAME,
            "http.request.id": "r-1",
            "http.request.method": "GET",
            "http.response.status_code": 200,
            "url.path": "/",
            "user.id": "u-1",
            "client.ip": "192.0.2.1",
            "event.duration": 1_500_000,
        }
        == line
    )


def test_what_the_schema_does_not_know_is_a_label(log: Callable[..., Line]) -> None:
    line = log("worker started", queues={"critical": 2}, finished=True, attempts=3, task="a.b")
    assert line["labels"] == {
        "queues": '{"critical": 2}',
        "finished": "true",
        "attempts": "3",
        "task": "a.b",
    }


def test_the_time_a_task_took_is_the_duration_of_a_request(log: Callable[..., Line]) -> None:
    assert log("task succeeded", seconds=0.25)["event.duration"] == 250_000_000


def test_an_error_keeps_its_traceback(log: Callable[..., Line]) -> None:
    line = log("broken", exc_info=(ValueError, ValueError("why"), None))
    assert line["error.stack_trace"] == "ValueError: why"


def test_a_field_of_the_wrong_kind_is_a_label(log: Callable[..., Line]) -> None:
    line = log("odd", status="unknown", duration_ms=None)
    assert line["labels"] == {"status": "unknown"}


@given(message=st.text(), fields=st.dictionaries(NAMES, ANYTHING))
def test_whatever_is_logged_fits_the_schema(
    log: Callable[..., Line], message: str, fields: dict[str, object]
) -> None:
    fields.pop("client_ip", None)
    assert list(departures(log(message, **fields))) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("http.status", 200),
        ("http.response.status_code", "200"),
        ("@timestamp", "yesterday"),
        ("client.ip", "here"),
        ("labels", {"attempts": 3}),
    ],
)
def test_what_departs_from_the_schema_is_noticed(
    log: Callable[..., Line], name: str, value: object
) -> None:
    assert list(departures(log("x") | {name: value})) != []
