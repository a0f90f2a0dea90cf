"""Redis: addresses and clients."""

import asyncio

import pytest
from pytest_django import Settings
from redis.exceptions import RedisError

from apps.common.redis import outages
from apps.common.redis.address import Address
from apps.common.redis.connections import async_client, client
from apps.common.redis.outages import Dispensable
from conftest import needs_redis


def test_an_address_names_servers_and_whose_keys_may_be_used() -> None:
    address = Address.parse("redis+sentinel://shop:p%40ss@one,two:26380/orders")
    assert address.topology == "sentinel"
    assert address.hosts == (("one", 26379), ("two", 26380))
    assert address.path == "orders"
    assert address.credentials == {"username": "shop", "password": "p@ss"}
    assert not address.is_encrypted


def test_an_address_may_ask_for_encryption_and_say_whom_to_trust() -> None:
    address = Address.parse("rediss://:secret@[::1]?ssl_ca_certs=/etc/ca.pem")
    assert (address.topology, address.is_encrypted) == ("standalone", True)
    assert address.hosts == (("::1", 6379),)
    assert address.credentials == {"password": "secret"}
    assert address.tls == {"ssl_ca_certs": "/etc/ca.pem"}


def test_an_address_does_not_show_its_password() -> None:
    assert "secret" not in repr(Address.parse("redis://shop:secret@redis"))


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("redis://", "name a host"),
        ("redis://one,,two", "name a host"),
        ("redis://host:port", "port"),
        ("rediss://host?ssl_cert_reqs=none", "its query may hold ssl_ca_certs"),
        ("redis://host?ssl_ca_certs=/etc/ca.pem", "after rediss"),
    ],
)
def test_what_is_no_address_is_explained(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Address.parse(url)


@needs_redis
def test_a_process_has_one_client() -> None:
    assert client() is client()
    assert client().ping()


@needs_redis
def test_an_event_loop_has_one_client_which_is_closed_with_it(settings: Settings) -> None:
    key = f"{settings.REDIS_PREFIX}:key"

    async def use() -> None:
        redis = await async_client()
        assert redis is await async_client()
        await asyncio.gather(*(redis.set(key, 1) for _ in range(3)))
        await redis.delete(key)

    # Connections that are left open are warned of, and warnings are errors.
    asyncio.run(use())
    asyncio.run(use())


class Line:
    """To somebody who answers, or does not."""

    def __init__(self) -> None:
        self.is_dead = True
        self.questions = 0

    def ask(self) -> str:
        self.questions += 1
        if self.is_dead:
            raise RedisError
        return "yes"


def test_after_a_failure_redis_is_spared_for_a_while() -> None:
    line, matter = Line(), Dispensable("a test")
    assert [matter.ask(line.ask, "no") for _ in range(3)] == ["no", "no", "no"]
    assert line.questions == 1


def test_when_redis_is_back_it_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "PAUSE", 0)
    line, matter = Line(), Dispensable("a test")
    assert matter.ask(line.ask, "no") == "no"
    line.is_dead = False
    assert matter.ask(line.ask, "no") == "yes"
