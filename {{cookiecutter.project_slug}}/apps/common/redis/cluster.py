"""A cluster, which spreads keys over its masters: `redis+cluster://[…@]host:6379,…`.

Whichever node answers tells of the others. Commands with several keys need keys of one slot, which
those have that hold the same text in braces. A shard without a master takes only its own keys away.
"""

from typing import Any, cast

from redis import Redis, exceptions
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.cluster import ClusterNode as AsyncClusterNode
from redis.asyncio.cluster import ClusterPipeline as AsyncClusterPipeline
from redis.asyncio.cluster import RedisCluster as AsyncRedisCluster
from redis.cluster import ClusterNode, ClusterPipeline, RedisCluster

from apps.common.redis.address import Address

CLIENTS = (RedisCluster, AsyncRedisCluster)
PIPELINES = (ClusterPipeline, AsyncClusterPipeline)


def connect(address: Address, **options: Any) -> Redis:
    """Make a client.

    Raises:
        ConnectionError: No node answers.
    """
    nodes = [ClusterNode(*host) for host in address.hosts]
    try:
        cluster = RedisCluster(startup_nodes=nodes, require_full_coverage=False, **options)
    except exceptions.RedisClusterException as error:
        raise exceptions.ConnectionError("No node answers.") from error
    return cast("Redis", cluster)


def connect_async(address: Address, **options: Any) -> AsyncRedis:
    """Make a client for the running event loop."""
    nodes = [AsyncClusterNode(*host) for host in address.hosts]
    return cast(
        "AsyncRedis", AsyncRedisCluster(startup_nodes=nodes, require_full_coverage=False, **options)
    )
