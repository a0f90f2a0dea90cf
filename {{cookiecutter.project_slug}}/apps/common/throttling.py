"""Rate limits, the same for every version of the API.

How many requests a caller has made is counted by `RATE_LIMIT_COUNTERS`: in the memory of this
process, or for all processes together.
"""

import math
import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import Counter
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.common.context import client_ip

if TYPE_CHECKING:
    from rest_framework.views import APIView

SWEEP_INTERVAL = 60.0  # seconds

REFUSALS = Counter("rate_limit_refusals", "Requests beyond a rate limit.", ["scope"])


@dataclass(frozen=True)
class Count:
    """How much of a limit a caller has used, after one more request.

    Attributes:
        is_admitted: Whether the request was within the limit.
        remaining: Number of requests that would be now.
        reset: Seconds until there will be one more.
    """

    is_admitted: bool
    remaining: int
    reset: float


class Counters(Protocol):
    """Counts requests in sliding windows."""

    def count(self, limit: RateLimitItem, scope: str, caller: str) -> Count | None:
        """Count a request; None when that cannot be done now."""

    async def count_async(self, limit: RateLimitItem, scope: str, caller: str) -> Count | None:
        """Count a request without holding up the event loop."""


class SweptMemory(MemoryStorage):
    """The library's, which is cleared of what has expired once a minute.

    By itself it starts a thread for that a hundredth of a second after almost every request.
    """

    @property
    def timer(self) -> threading.Timer:
        """The next sweep."""
        return self._timer

    @timer.setter
    def timer(self, timer: threading.Timer) -> None:
        timer.interval, timer.daemon = SWEEP_INTERVAL, True
        self._timer = timer


class MemoryCounters:
    """Counts the requests to this process."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(SweptMemory())

    def count(self, limit: RateLimitItem, scope: str, caller: str) -> Count:
        """Count a request."""
        is_admitted = self._limiter.hit(limit, scope, caller)
        reset_time, remaining = self._limiter.get_window_stats(limit, scope, caller)
        return Count(is_admitted, remaining, reset_time - time.time())

    async def count_async(self, limit: RateLimitItem, scope: str, caller: str) -> Count:
        """Count a request, which takes microseconds."""
        return self.count(limit, scope, caller)


@cache
def counters() -> Counters:
    """The counters of this process."""
    return cast("Counters", import_string(settings.RATE_LIMIT_COUNTERS)())


@cache
def rate(scope: str) -> RateLimitItem:
    """What a scope of `RATE_LIMITS` admits."""
    return parse(settings.RATE_LIMITS[scope])


@dataclass(frozen=True)
class Verdict:
    """What becomes of a request that has been counted.

    Attributes:
        wait: Seconds until the next request will be admitted, if this one is not.
        headers: What the answer says about the limit, as in draft-ietf-httpapi-ratelimit-headers;
            nothing if it could not be counted.
    """

    wait: int | None
    headers: dict[str, str]


def judge(scope: str, caller: str) -> Verdict:
    """Count a request against a scope.

    Args:
        scope: Of `RATE_LIMITS`.
        caller: Who is counted, as `caller_of` names them.
    """
    return _verdict(scope, counters().count(rate(scope), scope, caller))


async def judge_async(scope: str, caller: str) -> Verdict:
    """Count a request against a scope, without holding up the event loop."""
    return _verdict(scope, await counters().count_async(rate(scope), scope, caller))


def _verdict(scope: str, count: Count | None) -> Verdict:
    if count is None:
        return Verdict(None, {})
    limit, reset = rate(scope), max(1, math.ceil(count.reset))
    headers = {
        "RateLimit-Policy": f'"{scope}";q={limit.amount};w={limit.get_expiry()}',
        "RateLimit": f'"{scope}";r={count.remaining};t={reset}',
    }
    if count.is_admitted:
        return Verdict(None, headers)
    REFUSALS.labels(scope).inc()
    return Verdict(reset, headers)


def caller_of(request: HttpRequest, user_id: object | None) -> str:
    """Name who is counted: a user, if known, or else an address."""
    return f"user:{user_id}" if user_id else f"ip:{client_ip(request)}"


class Limit(BaseThrottle):
    """Counts a request against a scope of `RATE_LIMITS`, per signed-in user or client address."""

    scope: ClassVar[str]
    _wait: int | None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request; False when its scope is exhausted."""
        user_id = getattr(request.user, "public_id", None)
        verdict = judge(self.scope_of(request), caller_of(request, user_id))
        view.headers.update(verdict.headers)
        self._wait = verdict.wait
        return verdict.wait is None

    def wait(self) -> float | None:
        """Seconds until the next request is admitted."""
        return self._wait

    def scope_of(self, _request: Request) -> str:
        """The scope the request counts against."""
        return self.scope


class DefaultLimit(Limit):
    """What applies where a view says nothing: generous to users, less so to the unknown."""

    def scope_of(self, request: Request) -> str:
        """`user` once signed in, else `anonymous`."""
        return "user" if hasattr(request.user, "public_id") else "anonymous"


def limit(scope: str) -> type[Limit]:
    """A throttle class for a view's `throttle_classes`."""
    return type(f"{scope.title()}Limit", (Limit,), {"scope": scope})
