"""What no log line may show."""

import json
import logging

import pytest
import structlog
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from apps.common.logs import MASK, mask_secrets


def masked(**event: object) -> dict[str, object]:
    return dict(mask_secrets(None, "info", {"event": "something", **event}))


@pytest.mark.parametrize(
    "name", ["password", "new_password", "refresh_token", "Authorization", "card_number", "code"]
)
@given(value=st.text(min_size=1))
def test_a_secret_is_masked_by_its_name(name: str, value: str) -> None:
    assert masked(**{name: value})[name] == MASK


@given(st.text(alphabet="abcdefghij", min_size=1))
def test_a_secret_is_masked_however_deep_it_lies(value: str) -> None:
    assert masked(body={"items": [{"password": value}]})["body"] == {"items": [{"password": MASK}]}


@pytest.mark.parametrize(
    "text",
    [
        "Bearer abc.def-ghi",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "4242 4242 4242 4242",
        "4242-4242-4242-4242",
        "4242424242424242",
    ],
)
def test_a_secret_is_masked_by_its_shape(text: str) -> None:
    secret = text.removeprefix("Bearer ")
    assert secret not in str(masked(note=f"got {text} there"))


def test_what_is_no_secret_stays() -> None:
    assert masked(path="/api/v1/orders/", status=201, exit_code=0)["status"] == 201


def test_a_line_is_one_json_object_with_its_context() -> None:
    formatter = settings.LOGGING["formatters"]["structured"]
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            **{key: value for key, value in formatter.items() if key != "()"}
        )
    )
    record = logging.makeLogRecord(
        {"msg": "paid %s", "args": ("now",), "name": "x", "color_message": "in colour"}
    )
    with bound_contextvars(request_id="r-1"):
        line = json.loads(handler.format(record))
    assert (line["event"], line["request_id"], line["logger"]) == ("paid now", "r-1", "x")
    assert "color_message" not in line
