"""A project's own tests, on what its production runs on."""

import pytest

from tests.deployment import Deployment
from tests.redis_servers import Redis, RedisCluster, RedisService, ReplicatedRedis


@pytest.mark.parametrize(
    ("project", "redis"),
    [("default", RedisCluster), ("without pgbouncer", ReplicatedRedis), ("default", Redis)],
)
def test_the_project_passes_its_own_tests(project: str, redis: type[RedisService]) -> None:
    with Deployment(project, redis=redis) as deployment:
        # A test database is not dropped: PgBouncer would still be connected to it.
        done = deployment.test("--quiet", "--reuse-db", "-p", "no:cacheprovider")
    if done.returncode:
        pytest.fail(done.stdout + done.stderr, pytrace=False)
