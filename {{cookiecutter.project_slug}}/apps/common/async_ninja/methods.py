"""The methods of HTTP, answered as version 1 answers them."""

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from apps.common.errors import MethodNotAllowed
from apps.common.problems import respond


def every_method(view: Callable[..., Any]) -> Callable[..., Awaitable[HttpResponseBase]]:
    """Answer HEAD where there is GET, and what there is not with a problem.

    Stands around the views that Ninja makes of operations, which know the very methods that are
    declared, and refuse all others in plain text.
    """
    answer = view if iscoroutinefunction(view) else sync_to_async(view)

    @csrf_exempt
    async def answer_every_method(request: HttpRequest, **path: Any) -> HttpResponseBase:
        method = request.method
        request.method = "GET" if method == "HEAD" else method
        try:
            response: HttpResponseBase = await answer(request, **path)
        finally:
            request.method = method
        if isinstance(response, HttpResponseNotAllowed):
            return _refuse(method, response.headers["Allow"].split(", "))
        return response

    return answer_every_method


def _refuse(method: str | None, declared: list[str]) -> HttpResponseBase:
    allowed = {*declared, "HEAD"} if "GET" in declared else declared
    return respond(
        MethodNotAllowed(f'Method "{method}" not allowed.'), {"Allow": ", ".join(sorted(allowed))}
    )
