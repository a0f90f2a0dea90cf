"""What every log line shows, and what none may show."""

import json
import logging
import time
from io import StringIO

import pytest
import structlog
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars
from structlog.stdlib import BoundLogger

from apps.common.log_handlers import DirectLogger, LineHandler
from apps.common.masking import MASK, masked, masked_text

DIGITS = "0123456789"
FOUR_TIMES_FOUR = st.lists(st.text(DIGITS, min_size=4, max_size=4), min_size=4, max_size=4)
PART_OF_TOKEN = st.text("abcXYZ012_-", min_size=8, max_size=40)
SECRETS = {
    "an address of e-mail": st.emails(),
    "a card number": st.text(DIGITS, min_size=13, max_size=19),
    "a card number in groups": st.builds(str.join, st.sampled_from(" -"), FOUR_TIMES_FOUR),
    "a code": st.text(DIGITS, min_size=6, max_size=6),
    "an access token": st.builds("eyJ{}.{}.{}".format, *[PART_OF_TOKEN] * 3),
}


library = logging.getLogger("test")
ours = structlog.stdlib.get_logger("test")
direct = structlog.wrap_logger(DirectLogger("test"))


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What is logged, as JSON."""
    stream = StringIO()
    handler = LineHandler(stream, settings.LOGGING["handlers"]["console"]["processors"])
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    return stream


@pytest.mark.parametrize("kind", SECRETS)
@given(st.data())
def test_a_secret_is_masked_by_its_shape_wherever_it_is(kind: str, data: st.DataObject) -> None:
    secret = data.draw(SECRETS[kind])
    around = data.draw(st.sampled_from([" {} ", "({})", "'{}'", "<{}>,", "is: {}.", "a={}&b"]))
    text = around.format(secret)
    places = [text, {"deep": [{"down": (text,)}]}, {text: "as a name"}, {text}, Exception(text)]
    for place in places:
        assert secret not in str(masked(place))


def test_a_card_number_that_is_no_text_is_masked_as_well() -> None:
    assert masked({"number": 4242424242424242}) == {"number": MASK}


@pytest.mark.parametrize(
    "name",
    [
        *("password", "new_password", "refresh_token", "Authorization", "X-Api-Key", "cvc"),
        *("card", "card_number", "code", "verification_code", "otp", "email", "Set-Cookie"),
    ],
)
@given(value=st.text(min_size=4) | st.integers() | st.lists(st.text()))
def test_a_secret_is_masked_by_its_name_however_deep_it_lies(name: str, value: object) -> None:
    assert masked({"items": [{name: value}]}) == {"items": [{name: MASK}]}


@pytest.mark.parametrize(
    "text",
    [
        *("password={}", "password: {}", "{{'new_password': '{}'}}", '{{"secret_key": "{}"}}'),
        *("?token={}", "Authorization: Bearer {}", "Authorization: Basic {}", "a bearer {}"),
        *("Cookie: a=1; session={}", "postgresql://app:{}@postgres/shop", "redis://:{}@redis/0"),
    ],
)
@given(secret=st.text("abcdefghij!%*+#-_.0123456789", min_size=6))
def test_a_secret_is_masked_by_what_is_said_about_it(text: str, secret: str) -> None:
    assert secret not in masked_text(text.format(secret))


@pytest.mark.parametrize("logger", [ours, direct])
def test_what_our_modules_log_is_masked(logger: BoundLogger, output: StringIO) -> None:
    with bound_contextvars(user="ann@example.com"):
        logger.info("to %s", "bob@example.com", password="p", exc_info=ValueError("eve@b.de"))
    line = json.loads(output.getvalue())
    assert (line["event"], line["user"], line["password"]) == (f"to {MASK}", MASK, MASK)
    assert "eve@b.de" not in line["exception"]


def test_what_libraries_log_is_masked(output: StringIO) -> None:
    extra, error = {"_password": "p"}, ValueError("eve@b.de")
    with bound_contextvars(user="ann@example.com"):
        library.error("to %s", "bob@example.com", extra=extra, exc_info=error)
    line = json.loads(output.getvalue())
    assert (line["event"], line["user"], line["_password"]) == (f"to {MASK}", MASK, MASK)
    assert "eve@b.de" not in line["exception"]


@pytest.mark.parametrize("value", ["\ud800", 2**64, "\u2028", "ü"])
def test_a_line_is_written_whatever_it_holds(output: StringIO, value: str | int) -> None:
    ours.info("odd", exit_code=value)
    assert json.loads(output.getvalue())["exit_code"] in {value, MASK}


def test_a_request_does_not_fail_with_its_line(capfd: pytest.CaptureFixture[str]) -> None:
    def fail(*_: object) -> str:
        raise ValueError("odd")

    LineHandler(StringIO(), [fail]).write({"event": "request"})
    assert "ValueError: odd" in capfd.readouterr().err


@given(st.uuids() | st.datetimes() | st.ip_addresses())
def test_what_only_looks_like_a_number_stays(value: object) -> None:
    assert masked(value) == str(value)


@pytest.mark.parametrize(
    "value",
    [
        *("/api/v1/orders/", "exit_code", "at 10:11:12.123456", "5 of 12345", "3.141592"),
        *(None, True, 0.123456, 201, 123456),
    ],
)
def test_what_is_no_secret_stays(value: object) -> None:
    assert masked({"exit_code": value}) == {"exit_code": value}


@pytest.mark.parametrize(
    "part", ["token", "/a", "eyJ-", "://", "1-", "password=", "a.", "token='", "bearer ", "12345 "]
)
def test_a_long_text_takes_no_longer_than_it_is(part: str) -> None:
    start = time.process_time()
    masked_text(part * 30_000 + ":@")
    assert time.process_time() - start < 1


def test_a_line_is_one_json_object_with_its_context(output: StringIO) -> None:
    with bound_contextvars(request_id="r-1"):
        library.info("paid %s", "now", extra={"color_message": "in colour"})
    line = json.loads(output.getvalue())
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "paid now", "request_id": "r-1", "logger": "test", "level": "info"}
