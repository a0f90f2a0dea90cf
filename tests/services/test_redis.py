"""Redis as a project configures it: who may do what, what is kept, and what a death costs."""

import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.redis_servers import (
    REPLICATION,
    ClusterNode,
    Redis,
    RedisCluster,
    RedisService,
    ReplicatedRedis,
)
from tests.rendering import answers, render, write
from tests.servers import ADDRESS, wait_until

NAME = "shop"
KEY = f"{NAME}:key"


@pytest.fixture(scope="module")
def infra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    write(render(answers(project_slug=NAME)), folder)
    return folder / "infra"


@pytest.fixture(scope="module")
def alone(infra: Path) -> Iterator[Redis]:
    with Redis(infra, NAME) as redis:
        yield redis


@pytest.fixture(scope="module")
def replicated(infra: Path) -> Iterator[ReplicatedRedis]:
    with ReplicatedRedis(infra, NAME) as redis:
        yield redis


@pytest.fixture(scope="module")
def cluster(infra: Path) -> Iterator[RedisCluster]:
    with RedisCluster(infra, NAME) as redis:
        yield redis


@pytest.fixture(params=["alone", "replicated", "cluster"])
def redis(request: pytest.FixtureRequest) -> RedisService:
    service: RedisService = request.getfixturevalue(request.param)
    return service


def as_app(server: Redis, *command: str) -> str:
    """Run a command as web and worker processes would."""
    return server.cli(*command, user=server.app)


def takes_writes(redis: RedisService) -> bool:
    """Tell whether the application can write."""
    try:
        return as_app(redis.master(KEY), "SET", KEY, "1") == "OK"
    except RuntimeError:
        return False


def test_the_application_reads_and_writes_its_own_keys(redis: RedisService) -> None:
    server = redis.master(KEY)
    assert as_app(server, "SET", KEY, "1", "EX", "60") == "OK"
    assert as_app(server, "EVAL", "return redis.call('INCR', KEYS[1])", "1", KEY) == "2"
    assert KEY in as_app(server, "SCAN", "0", "MATCH", f"{NAME}:*", "COUNT", "1000")
    assert as_app(server, "UNLINK", KEY) == "1"


def test_the_application_has_no_other_keys(redis: RedisService) -> None:
    server = redis.master("other:key")
    with pytest.raises(RuntimeError, match="NOPERM"):
        as_app(server, "GET", "other:key")
    with pytest.raises(RuntimeError, match="can't access at least one of the keys"):
        as_app(server, "EVAL", "return redis.call('GET', 'other:key')", "0")


@pytest.mark.parametrize(
    "command",
    [
        "ACL LIST",
        "CLIENT LIST",
        "CONFIG GET *",
        "DEBUG SLEEP 0",
        "FLUSHALL",
        "FLUSHDB",
        "FUNCTION FLUSH",
        "KEYS *",
        "MONITOR",
        "REPLICAOF NO ONE",
        "SAVE",
        "SHUTDOWN",
        "SUBSCRIBE news",
    ],
)
def test_the_application_has_no_command_that_harms_others(
    redis: RedisService, command: str
) -> None:
    with pytest.raises(RuntimeError, match=r"NOPERM|DEBUG command not allowed"):
        as_app(redis.master(KEY), *command.split())


def test_replicas_and_sentinels_see_no_key_by_name(redis: RedisService) -> None:
    with pytest.raises(RuntimeError, match="NOPERM"):
        redis.master(KEY).cli("GET", KEY, user=REPLICATION)


def test_a_connection_in_clear_text_is_refused(redis: RedisService) -> None:
    with pytest.raises(RuntimeError, match=r"Connection reset|closed the connection"):
        redis.master(KEY).redis_cli("PING")


def test_nobody_comes_without_a_password(redis: RedisService) -> None:
    server = redis.master(KEY)
    with pytest.raises(RuntimeError, match="NOAUTH"):
        server.redis_cli("--tls", "--cacert", str(server.authority), "PING")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("appendfsync", "everysec"),
        ("appendonly", "yes"),
        ("maxmemory-policy", "volatile-lfu"),
        ("protected-mode", "yes"),
        ("save", ""),
    ],
)
def test_what_was_configured_holds(redis: RedisService, setting: str, value: str) -> None:
    assert redis.master(KEY).ask("CONFIG", "GET", setting) == {setting: value}


def test_what_was_acknowledged_survives_the_death_of_the_process(alone: Redis) -> None:
    as_app(alone, "SET", KEY, "kept")
    alone.restart(signal.SIGKILL)
    assert as_app(alone, "GET", KEY) == "kept"


FILL = """
for i = 1, 1000 do
    redis.call('SET', KEYS[1] .. i, string.rep('x', 1024), unpack(ARGV))
end
"""


def fill(server: Redis, kind: str, *options: str) -> str:
    """Write a megabyte in a thousand keys, as web and worker processes would."""
    return as_app(server, "EVAL", FILL, "1", f"{NAME}:{kind}:", *options)


def count(server: Redis, kind: str) -> int:
    return len(server.cli("KEYS", f"{NAME}:{kind}:*").splitlines())


@pytest.fixture
def small(infra: Path) -> Iterator[Redis]:
    with Redis(infra, NAME, ["maxmemory 8mb"]) as redis:
        yield redis


def test_what_expires_makes_room_and_tasks_stay(small: Redis) -> None:
    fill(small, "tasks")
    for batch in range(10):
        fill(small, f"cache:{batch}", "EX", "1000")
    assert count(small, "tasks") == 1000
    assert 0 < count(small, "cache") < 10_000


def test_where_all_is_tasks_no_more_are_taken_and_none_is_lost(small: Redis) -> None:
    taken = 0
    with pytest.raises(RuntimeError, match="OOM"):  # noqa: PT012 - one of many is refused
        while fill(small, f"tasks:{taken}") == "":
            taken += 1
    assert taken > 0
    assert count(small, "tasks") == taken * 1000


def test_sentinels_replace_a_dead_master(replicated: ReplicatedRedis) -> None:
    as_app(replicated.master(), "SET", KEY, "kept")
    dead = replicated.fail_over()
    assert as_app(replicated.master(), "GET", KEY) == "kept"
    wait_until(lambda: takes_writes(replicated))
    dead.start()
    wait_until(replicated.is_whole)
    assert "role:slave" in dead.cli("INFO", "replication")


def test_a_master_that_all_replicas_have_left_takes_no_writes(
    replicated: ReplicatedRedis,
) -> None:
    master = replicated.master()
    replicas = [server for server in replicated.servers if server is not master]
    for replica in replicas:
        replica.stop(signal.SIGKILL)
    with pytest.raises(RuntimeError, match="NOREPLICAS"):
        as_app(master, "SET", KEY, "1")
    for replica in replicas:
        replica.start()
    wait_until(replicated.is_whole)
    assert takes_writes(replicated)


def test_the_application_only_asks_sentinels(replicated: ReplicatedRedis) -> None:
    sentinel = replicated.others[0]
    assert as_app(sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
    for command in ("FAILOVER", "REMOVE", "RESET"):
        with pytest.raises(RuntimeError, match="NOPERM"):
            as_app(sentinel, "SENTINEL", command, NAME)


def test_sentinels_come_back_with_what_they_knew(replicated: ReplicatedRedis) -> None:
    for sentinel in replicated.others:
        sentinel.restart(signal.SIGKILL)
    wait_until(replicated.is_whole)


def test_a_replica_takes_over_from_a_dead_master_of_the_cluster(cluster: RedisCluster) -> None:
    as_app(cluster.master(KEY), "SET", KEY, "kept")
    dead = cluster.fail_over(KEY)
    wait_until(lambda: takes_writes(cluster))
    dead.start()
    wait_until(cluster.is_whole)
    assert "role:slave" in dead.cli("INFO", "replication")


def test_making_the_cluster_again_changes_nothing(cluster: RedisCluster) -> None:
    before = [server.holders() for server in cluster.servers]
    assert cluster.create() == ""
    assert [server.holders() for server in cluster.servers] == before


def test_a_server_does_not_slip_into_a_cluster(cluster: RedisCluster, infra: Path) -> None:
    with ClusterNode(infra, NAME) as stranger:
        with pytest.raises(RuntimeError, match="1 of these servers"):
            cluster.create([stranger, *cluster.servers[1:]])
        assert "cluster_known_nodes:1\n" in stranger.cli("CLUSTER", "INFO")


def test_nodes_know_each_other_by_their_certificates(cluster: RedisCluster) -> None:
    node = cluster.servers[0]
    port = int(node.ask("CONFIG", "GET", "cluster-port")["cluster-port"])
    anybody = ssl.create_default_context(cafile=str(node.authority))
    with (
        anybody.wrap_socket(
            socket.create_connection((ADDRESS, port)), server_hostname=ADDRESS
        ) as bus,
        pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"),
    ):
        bus.recv(1)
