"""Clients of the Redis that `REDIS_URL` names, whatever its topology.

They are made once and shared: a client has a pool of connections, and is safe to use from any
thread, or from any task of its event loop.
"""

from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cache
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

from apps.common.redis.address import Address

OPTIONS = {
    # Seconds. A server that is gone without a word is given up; one that is idle is asked first.
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
    "health_check_interval": 30,
    "socket_keepalive": True,
    # Beyond it clients raise instead of waiting, so it is no less than a process ever needs.
    "max_connections": 1000,
}
RETRIES = 3


class Topology(Protocol):
    """How servers are arranged: a module of this package, by the name of the topology.

    Attributes:
        CLIENTS: The classes of its clients.
        PIPELINES: The classes of their pipelines.
    """

    CLIENTS: tuple[type, ...]
    PIPELINES: tuple[type, ...]

    @staticmethod
    def connect(address: Address, **options: Any) -> Redis:
        """Make a client.

        Raises:
            RedisError: It has to ask the servers, and none of them answers.
        """

    @staticmethod
    def connect_async(address: Address, **options: Any) -> AsyncRedis:
        """Make a client for the running event loop, which will connect when it is used."""


def client() -> Redis:
    """The client of this process.

    Raises:
        RedisError: The servers have to be asked first, and none of them answers.
    """
    return _client(settings.REDIS_URL)


async def async_client() -> AsyncRedis:
    """The client of the running event loop, which is closed when the loop shuts down."""
    key = get_running_loop(), settings.REDIS_URL
    if key not in _async_clients:
        opening = _open_async(*key)
        _async_clients[key] = await anext(opening), opening
    return _async_clients[key][0]


def topology() -> Topology:
    """How the servers are arranged that `REDIS_URL` names."""
    return _locate(settings.REDIS_URL)[1]


@cache
def _client(url: str) -> Redis:
    address, topology = _locate(url)
    return topology.connect(address, retry=Retry(_backoff(), RETRIES), **_options(address))


_async_clients: dict[
    tuple[AbstractEventLoop, str], tuple[AsyncRedis, AsyncGenerator[AsyncRedis]]
] = {}


async def _open_async(loop: AbstractEventLoop, url: str) -> AsyncGenerator[AsyncRedis]:
    """Make a client, and wait: a loop that shuts down finishes its asynchronous generators."""
    address, topology = _locate(url)
    retry = AsyncRetry(_backoff(), RETRIES)
    async with aclosing(
        topology.connect_async(address, retry=retry, **_options(address))
    ) as opened:
        try:
            yield opened
        finally:
            del _async_clients[loop, url]


def _locate(url: str) -> tuple[Address, Topology]:
    address = Address.parse(url)
    module = import_module(f"{__package__}.{address.topology}")
    return address, cast("Topology", module)


def _options(address: Address) -> dict[str, Any]:
    encryption = {"ssl": True, **address.tls} if address.is_encrypted else {}
    return {**OPTIONS, **address.credentials, **encryption}


def _backoff() -> ExponentialWithJitterBackoff:
    return ExponentialWithJitterBackoff(base=0.05, cap=0.5)
