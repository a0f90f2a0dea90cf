"""Rate limits, counted by the limits library in the storage of `RATE_LIMIT_STORAGE`."""

import time
from functools import cache
from typing import ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.views import View
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.common.context import client_ip


@cache
def limiter() -> SlidingWindowCounterRateLimiter:
    """The counters of this process."""
    return SlidingWindowCounterRateLimiter(storage_from_string(settings.RATE_LIMIT_STORAGE))


@cache
def rate(scope: str) -> RateLimitItem:
    """What a scope of `RATE_LIMITS` admits."""
    return parse(settings.RATE_LIMITS[scope])


def count(scope: str, caller: str) -> float | None:
    """Count a request against a scope.

    Args:
        scope: Of `RATE_LIMITS`.
        caller: Who is counted, as `caller_of` names them.

    Returns:
        None when the request is admitted, otherwise the seconds until the next one will be.
    """
    key = (rate(scope), scope, caller)
    if limiter().hit(*key):
        return None
    return max(1.0, limiter().get_window_stats(*key).reset_time - time.time())


def caller_of(request: HttpRequest, user_id: object | None) -> str:
    """Name who is counted: a user, if known, or else an address."""
    return f"user:{user_id}" if user_id else f"ip:{client_ip(request)}"


class Limit(BaseThrottle):
    """Counts a request against a scope of `RATE_LIMITS`, per signed-in user or client address."""

    scope: ClassVar[str]
    _wait: float | None

    def allow_request(self, request: Request, _view: View) -> bool:
        """Count the request; False when its scope is exhausted."""
        user_id = getattr(request.user, "public_id", None)
        self._wait = count(self.scope_of(request), caller_of(request, user_id))
        return self._wait is None

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
