"""What operations have in common.

Every visit to the request's thread costs about as much as a simple query. So an operation makes one
visit, to one synchronous function that identifies the caller, reads or writes, and answers.
"""

from collections.abc import Callable
from typing import Any

import orjson
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from ninja import Schema

from apps.common.fastpath.documents import Shape
from apps.common.idempotency import Answer
from apps.common.pagination import Page


async def on_thread[R](function: Callable[[], R]) -> R:
    """Run a function on the thread of the request, where it may use the database."""
    return await sync_to_async(function)()


def dump(schema: type[Schema], thing: object) -> dict[str, Any]:
    """What a schema shows of a thing, in the words of JSON."""
    return schema.model_validate(thing).model_dump(mode="json")


def send(answer: Answer) -> HttpResponse:
    """The response that an answer becomes."""
    body = b"" if answer.body is None else orjson.dumps(answer.body)
    return HttpResponse(
        body, status=answer.status, headers=answer.headers, content_type="application/json"
    )


def send_page(request: HttpRequest, page: Page, shape: Shape[Any]) -> HttpResponse:
    """The response that a page of rows becomes."""
    results = shape.show_all(page.rows, request)
    return send(Answer(200, {"next": page.next, "previous": page.previous, "results": results}))
