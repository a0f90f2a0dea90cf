"""Rate limits of version 2, counted together with those of version 1."""

from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from apps.common import throttling


class Limit(BaseThrottle):
    """Counts a request against a scope of `RATE_LIMITS`.

    Args:
        scope: By default `user` once somebody has signed in, else `anonymous`.
    """

    def __init__(self, scope: str | None = None) -> None:
        self.scope = scope
        self._wait: float | None = None

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the request; False when its scope is exhausted."""
        user_id = getattr(getattr(request, "auth", None), "user_id", None)
        scope = self.scope or ("user" if user_id else "anonymous")
        self._wait = throttling.count(scope, throttling.caller_of(request, user_id))
        return self._wait is None

    def wait(self) -> float | None:
        """Seconds until the request that was just refused would be admitted.

        Ninja asks before anything else can run on the event loop.
        """
        return self._wait
