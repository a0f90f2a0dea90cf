"""Several reads in one operation take as long as the longest of them, and leave nothing behind."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.deployment import HEADERS, Deployment
from tests.rendering import TEMPLATE
from tests.servers import wait_until

# Three reads of fifty milliseconds each, made in either way.
READS = {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.reads_settings", "PYTHONPATH": str(TEMPLATE)}
MILLISECONDS = 50
ATTEMPTS = 20

REQUESTS = 1000
AT_ONCE = 32
POOL_SIZE = 4
BUSY = "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE '%\\_app' AND state <> 'idle'"


@pytest.fixture(scope="module", params=["default", "without pgbouncer"])
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    with Deployment(request.param) as deployment:
        yield deployment


@pytest.fixture(scope="module")
def url(deployment: Deployment) -> str:
    return f"{deployment.serve(**READS)}/api/reads/naps"


def fastest(address: str) -> float:
    """Return the milliseconds that an answer takes when the machine does nothing else."""
    taken = []
    with httpx.Client(headers=HEADERS) as client:
        for _ in range(ATTEMPTS):
            begin = time.perf_counter()
            client.get(address).raise_for_status()
            taken.append((time.perf_counter() - begin) * 1000)
    return min(taken)


def test_one_after_the_other_they_take_as_long_as_all_of_them(url: str) -> None:
    assert fastest(f"{url}/one-by-one/{MILLISECONDS}/") > 3 * MILLISECONDS


def test_awaited_together_they_take_as_long_as_all_of_them(url: str) -> None:
    assert fastest(f"{url}/gather/{MILLISECONDS}/") > 3 * MILLISECONDS


def test_at_the_same_time_they_take_as_long_as_one(url: str) -> None:
    assert fastest(f"{url}/parallel/{MILLISECONDS}/") < 1.5 * MILLISECONDS


def test_a_burst_on_a_small_pool_fails_nobody_and_keeps_no_connection(
    deployment: Deployment,
) -> None:
    server = deployment.serve(**READS, APP_DATABASE_POOL_SIZE=str(POOL_SIZE))
    address = f"{server}/api/reads/naps/parallel/1/"
    with httpx.Client(headers=HEADERS, timeout=60) as client, ThreadPoolExecutor(AT_ONCE) as many:
        answers = many.map(lambda _: client.get(address).status_code, range(REQUESTS))
        assert Counter(answers) == {httpx.codes.NO_CONTENT: REQUESTS}
    postgres = deployment.postgres
    wait_until(lambda: postgres.psql(postgres.admin(), "--command", BUSY).strip() == "0")
