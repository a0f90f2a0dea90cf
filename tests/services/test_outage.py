"""The database, or the pooler before it, goes away under load and comes back."""

import signal
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.deployment import Deployment, is_ready
from tests.servers import Server, wait_until
from tests.shop import ACCEPTED, FIGURES, SETTLED, Shop


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with Deployment(request.param) as deployment:
        deployment.start("manage.py", "worker", "--poll-interval=0.05")
        yield Shop(deployment)


@pytest.mark.parametrize(
    ("shop", "victim", "how"),
    [
        ("default", "pgbouncer", signal.SIGKILL),
        ("default", "postgres", signal.SIGINT),
        ("default", "postgres", signal.SIGQUIT),
        ("without pgbouncer", "postgres", signal.SIGINT),
        ("without pgbouncer", "postgres", signal.SIGQUIT),
    ],
    indirect=["shop"],
)
def test_an_outage_costs_the_requests_in_flight_and_nothing_else(
    shop: Shop, victim: str, how: signal.Signals
) -> None:
    server: Server = getattr(shop.deployment, victim)
    before = shop.figures()
    with shop.open():
        wait_until(shop.has_answered(40))
        server.stop(how)
        wait_until(shop.has_answered(shop.customers))
        server.start()
        wait_until(lambda: is_ready(shop.url))
        back = time.monotonic()
        wait_until(shop.has_answered(40))

    assert {answer.status_code for answer in shop.asked(since=back)} <= ACCEPTED
    failures = [answer for answer in shop.asked() if answer.status_code not in ACCEPTED]
    assert failures
    for failure in failures:
        assert failure.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert failure.headers["Content-Type"] == "application/problem+json"
        assert failure.json()["code"] == "service-unavailable"
        assert int(failure.headers["Retry-After"]) > 0

    wait_until(shop.is_settled, seconds=SETTLED)
    after = shop.figures()
    assert {name: after[name] - before[name] for name in FIGURES} == dict.fromkeys(
        FIGURES, shop.bought
    )
