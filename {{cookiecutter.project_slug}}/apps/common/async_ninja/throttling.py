"""Rate limits of version 2, counted together with those of version 1."""

from collections.abc import Awaitable, Callable
from functools import wraps
from types import MethodType
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja.errors import Throttled
from ninja.operation import AsyncOperation
from ninja.throttling import BaseThrottle

from apps.common import throttling

HEADERS = "rate_limit"
"""Where a request carries what its answer will say."""

type Run = Callable[..., Awaitable[HttpResponseBase]]


class Limit(BaseThrottle):
    """Counts a request against a scope of `RATE_LIMITS`.

    Args:
        scope: By default `user` once somebody has signed in, else `anonymous`.
    """

    def __init__(self, scope: str | None = None) -> None:
        self.scope = scope

    async def judge(self, request: HttpRequest) -> throttling.Verdict:
        """Count the request."""
        user_id = getattr(getattr(request, "auth", None), "user_id", None)
        scope = self.scope or ("user" if user_id else "anonymous")
        return await throttling.judge_async(scope, throttling.caller_of(request, user_id))


def limited(run: Run) -> Run:
    """Count the requests to an operation against its limit, and tell of it in the answer.

    Ninja asks a throttle where nothing can be awaited, so that to ask Redis would hold up the event
    loop. Here it is asked once Ninja's own checks are passed.
    """
    operation = cast("AsyncOperation", cast("MethodType", run).__self__)
    (limit,) = cast("list[Limit]", operation.throttle_objects)
    operation.throttle_objects = []
    pass_checks = operation._run_checks  # noqa: SLF001 - all that Ninja awaits before it parses

    async def check(request: HttpRequest) -> HttpResponse | None:
        refusal = await pass_checks(request)
        if refusal is not None:
            return refusal
        verdict = await limit.judge(request)
        request.META[HEADERS] = verdict.headers
        if verdict.wait is None:
            return None
        return operation.api.on_exception(request, Throttled(verdict.wait))

    operation._run_checks = check  # type: ignore[method-assign]  # noqa: SLF001 - as above

    @wraps(run)
    async def run_and_tell(request: HttpRequest, **path: Any) -> HttpResponseBase:
        response = await run(request, **path)
        for name, value in request.META.get(HEADERS, {}).items():
            response.headers[name] = value
        return response

    return run_and_tell
