"""Who asks."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings
from structlog.contextvars import bound_contextvars

from apps.common.context import client_ip, current, restored


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.1.1.1", "10.0.0.9"),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 10.0.0.1", "1.1.1.1"),
        (2, "1.1.1.1", "10.0.0.9"),
        (1, "", "10.0.0.9"),
    ],
)
def test_only_what_trusted_proxies_saw_counts_as_the_address(
    rf: RequestFactory, settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="10.0.0.9")
    assert client_ip(request) == address


def test_a_restored_context_ends_with_its_block() -> None:
    with bound_contextvars(request_id="r-1"):
        carried = current()
    with restored(carried):
        assert current() == {"request_id": "r-1"}
    assert "request_id" not in current()


def test_a_restored_context_hides_that_of_whoever_does_the_work() -> None:
    with bound_contextvars(request_id="the worker's", user_id="u-1"):
        with restored({"request_id": "r-1"}):
            assert current() == {"request_id": "r-1"}
        assert current() == {"request_id": "the worker's", "user_id": "u-1"}
