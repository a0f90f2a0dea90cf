"""Redis goes away, in part or for new tasks, while customers buy: nothing is lost or done twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.deployment import Deployment
from tests.redis_servers import Redis, RedisCluster, ReplicatedRedis
from tests.servers import wait_until
from tests.shop import ACCEPTED, FIGURES, SETTLED, Shop

CUSTOMERS = 10  # as many as a process has connections: nobody waits for another's
IN_FLIGHT = 300
PATIENCE = timedelta(seconds=20)  # of a customer
KEPT_TASKS = "SELECT count(*) FROM django_database_task_databasetask"
PAID = FIGURES["paid"]


@pytest.fixture
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with Deployment("default", redis=request.param) as deployment:
        yield Shop(deployment, customers=CUSTOMERS)


def start_workers(shop: Shop) -> None:
    """Start a worker for each queue, of which one keeps the schedule."""
    queues = ("critical=4", "emails=2", "analytics")
    for queue, schedule in zip(queues, ([], ["--no-schedule"], ["--no-schedule"]), strict=True):
        shop.deployment.start("manage.py", "worker", "--queue", queue, *schedule)


def queue_key(shop: Shop, part: str = "waiting:high") -> str:
    """Return a key of the queue that payments wait in."""
    return f"{shop.deployment.name}:tasks:{{critical}}:{part}"


def assert_everything_adds_up(shop: Shop, before: dict[str, int]) -> None:
    """Every order that was accepted is paid, charged and confirmed once, and no task is left."""
    wait_until(shop.is_settled, seconds=SETTLED)
    after = shop.figures()
    assert {name: after[name] - before[name] for name in FIGURES} == dict.fromkeys(
        FIGURES, shop.bought
    )
    assert shop.deployment.manage("failed_tasks") == ""
    wait_until(lambda: shop.query(KEPT_TASKS) == "0")


@pytest.mark.parametrize("shop", [ReplicatedRedis, RedisCluster], indirect=True)
def test_the_death_of_a_master_costs_no_order_and_no_answer(shop: Shop) -> None:
    redis = shop.deployment.redis
    assert isinstance(redis, (ReplicatedRedis, RedisCluster))
    before = shop.figures()
    with shop.open():
        wait_until(lambda: shop.unpaid() >= IN_FLIGHT, seconds=SETTLED)
        start_workers(shop)
        wait_until(lambda: int(shop.query(PAID)) > before["paid"], seconds=SETTLED)
        dead = redis.fail_over(queue_key(shop))
        assert shop.unpaid()
        dead.start()
        wait_until(redis.is_whole)
        wait_until(shop.has_answered(CUSTOMERS))

    assert {answer.status_code for answer in shop.asked()} <= ACCEPTED
    assert max(answer.elapsed for answer in shop.asked()) < PATIENCE
    assert_everything_adds_up(shop, before)


@pytest.mark.parametrize("shop", [Redis], indirect=True)
def test_full_memory_stops_no_task_that_is_there_and_new_ones_wait_elsewhere(shop: Shop) -> None:
    redis = shop.deployment.redis
    assert isinstance(redis, Redis)
    before = shop.figures()
    with shop.open():
        wait_until(lambda: shop.unpaid() >= CUSTOMERS)
        memory = redis.ask("CONFIG", "GET", "maxmemory")["maxmemory"]
        # The share of it that clients may use would be nothing as well.
        redis.cli("CONFIG", "SET", "maxmemory-clients", "0", "maxmemory", "1")
        wait_until(shop.has_answered(CUSTOMERS))
    assert {answer.status_code for answer in shop.asked()} <= ACCEPTED
    kept = int(shop.query(KEPT_TASKS))
    assert kept

    start_workers(shop)
    wait_until(lambda: redis.ask("ZCARD", queue_key(shop)) == 0)
    wait_until(lambda: redis.ask("ZCARD", queue_key(shop, "running")) == 0)
    redis.cli("CONFIG", "SET", "maxmemory", memory)
    assert_everything_adds_up(shop, before)
