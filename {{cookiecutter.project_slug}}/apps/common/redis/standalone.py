"""One server: `redis://[user:password@]host:6379[/database]`."""

from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.client import Pipeline as AsyncPipeline
from redis.client import Pipeline

from apps.common.redis.address import Address

CLIENTS = (Redis, AsyncRedis)
PIPELINES = (Pipeline, AsyncPipeline)


def connect(address: Address, **options: Any) -> Redis:
    """Make a client."""
    return Redis(**_place(address), **options)


def connect_async(address: Address, **options: Any) -> AsyncRedis:
    """Make a client for the running event loop."""
    return AsyncRedis(**_place(address), **options)


def _place(address: Address) -> dict[str, Any]:
    ((host, port),) = address.hosts
    return {"host": host, "port": port, "db": int(address.path or 0)}
