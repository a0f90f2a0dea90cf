"""A master with replicas, which sentinels watch: `redis+sentinel://[…@]host:26379,…/service`.

The sentinels say which server is the master. They and the servers have the same users.
"""

from typing import Any, cast

from redis import Redis, Sentinel
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio import Sentinel as AsyncSentinel
from redis.asyncio.retry import Retry as AsyncRetry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

from apps.common.redis import standalone
from apps.common.redis.address import Address

CLIENTS = standalone.CLIENTS
PIPELINES = standalone.PIPELINES


def connect(address: Address, **options: Any) -> Redis:
    """Make a client of the master, whichever it is."""
    # A sentinel that does not answer is not asked again, but the next one.
    once = options | {"retry": Retry(NoBackoff(), 0)}
    sentinel = Sentinel(address.hosts, sentinel_kwargs=once, **options)
    master: Redis = sentinel.master_for(address.path)
    return master


class AsyncMaster(AsyncRedis):
    """A client of the master, and of the sentinels that know it."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:  # noqa: FBT001 - redis-py's
        """Close the connections to all of them."""
        await super().aclose(close_connection_pool)
        pool = cast("SentinelConnectionPool", self.connection_pool)
        await pool.sentinel_manager.aclose()


def connect_async(address: Address, **options: Any) -> AsyncRedis:
    """Make a client of the master for the running event loop."""
    once = options | {"retry": AsyncRetry(NoBackoff(), 0)}
    sentinel = AsyncSentinel(address.hosts, sentinel_kwargs=once, **options)
    master: AsyncRedis = sentinel.master_for(address.path, AsyncMaster)
    return master
