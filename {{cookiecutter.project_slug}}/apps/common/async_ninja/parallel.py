"""Independent reads at the same time, each on a connection of its own.

Django runs whatever a request asks of the database on one thread, one after the other, also when it
is awaited together. `docs/concurrency.md` says when more threads pay.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, overload

from asgiref.sync import sync_to_async
from django.db import connection, connections

from apps.common.async_ninja.operations import on_thread

UNPOOLED_LANES = 4
"""Where connections are not pooled, and so not counted."""


@cache
def lanes() -> ThreadPoolExecutor:
    """The threads of this process that reads are spread over: one for each pooled connection."""
    pool = connection.settings_dict["OPTIONS"].get("pool", {})
    return ThreadPoolExecutor(pool.get("max_size", UNPOOLED_LANES), thread_name_prefix="lane")


@overload
async def parallel[A, B](a: Callable[[], A], b: Callable[[], B], /) -> tuple[A, B]: ...
@overload
async def parallel[A, B, C](
    a: Callable[[], A], b: Callable[[], B], c: Callable[[], C], /
) -> tuple[A, B, C]: ...
@overload
async def parallel[A, B, C, D](
    a: Callable[[], A], b: Callable[[], B], c: Callable[[], C], d: Callable[[], D], /
) -> tuple[A, B, C, D]: ...
@overload
async def parallel[R](*reads: Callable[[], R]) -> tuple[R, ...]: ...
async def parallel(*reads: Callable[[], Any]) -> tuple[Any, ...]:
    """What independent reads return, in their order.

    In a transaction, whose rows no other connection sees, and when there is but one, they run one
    after the other where the request runs. Otherwise the request first gives its own connection
    back, so that nobody waits for one while holding another. The first error is raised at once; the
    reads beside it, and those of a request that is cancelled, end by themselves.

    Args:
        reads: They write nothing, and return what needs no further query.
    """
    done = await on_thread(lambda: _read_here(reads))
    if done is not None:
        return done
    on_lane = sync_to_async(_read_on_lane, thread_sensitive=False, executor=lanes())
    return tuple(await asyncio.gather(*(on_lane(read) for read in reads)))


def _read_here(reads: Sequence[Callable[[], Any]]) -> tuple[Any, ...] | None:
    """Read on the request's thread, or give its connection back and return None."""
    in_transaction = any(used.in_atomic_block for used in connections.all(initialized_only=True))
    if in_transaction or len(reads) < 2:
        return tuple(read() for read in reads)
    connections.close_all()
    return None


def _read_on_lane[R](read: Callable[[], R]) -> R:
    try:
        return read()
    finally:
        connections.close_all()
