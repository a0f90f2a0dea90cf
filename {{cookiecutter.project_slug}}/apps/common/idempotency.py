"""The `Idempotency-Key` header: a request that is repeated runs once.

The handler's writes and its stored answer commit together, so a crash leaves both or neither. A
concurrent duplicate waits for the first request and receives its answer. An error rolls everything
back, the key included: the same request may be tried again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.errors import InvalidInput, UnprocessableInput
from apps.common.models import IdempotencyKey

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
MAX_KEY_LENGTH = 255


class IdempotencyKeyReused(UnprocessableInput):
    """The key came with another body before."""

    code = "idempotency-key-reused"
    title = "This idempotency key belongs to another request"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body that JSON has words for, now or when the request came first."""

    status: int
    body: Any
    is_replayed: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What tells a repetition apart."""
        return {REPLAYED_HEADER: "true"} if self.is_replayed else {}


def run_once(request: HttpRequest, user_id: object | None, run: Callable[[], Answer]) -> Answer:
    """Run what a request asks for, unless the same request has been answered before.

    Args:
        request: With a key in its header; without one it just runs.
        user_id: Whose keys are looked at, by public id; None for everybody who is unknown.
        run: Does it. What it raises undoes what it wrote.

    Raises:
        InvalidInput: The key is malformed.
        IdempotencyKeyReused: It belongs to another request.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return run()
    if not 0 < len(key) <= MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise InvalidInput(f"{HEADER} takes 1 to {MAX_KEY_LENGTH} printable ASCII characters.")
    with transaction.atomic():
        stored, is_new = _claim(request, user_id, key)
        if not is_new:
            return Answer(stored.status or 0, stored.body, is_replayed=True)
        answer = run()
        stored.status, stored.body = answer.status, answer.body
        stored.save(update_fields=["status", "body"])
    return answer


def idempotent(method: Callable[..., Response]) -> Callable[..., Response]:
    """Let the handler method of a REST framework view honour the header."""

    @wraps(method)
    def handle(view: APIView, request: Request, *args: Any, **kwargs: Any) -> Response:
        user_id = getattr(request.user, "public_id", None)

        def run() -> Answer:
            response = method(view, request, *args, **kwargs)
            return Answer(response.status_code, response.data)

        answer = run_once(request, user_id, run)
        return Response(answer.body, answer.status, headers=answer.headers)

    handle.idempotent = True  # type: ignore[attr-defined]  # read by apps.common.openapi
    return handle


def _claim(request: HttpRequest, user_id: object | None, key: str) -> tuple[IdempotencyKey, bool]:
    scope = f"{user_id or 'anonymous'} {request.method} {request.path}"
    # Keyed, for a body may hold a password that a plain hash would let one guess.
    fingerprint = salted_hmac(__name__, request.body, algorithm="sha256").hexdigest()
    stored, is_new = IdempotencyKey.objects.get_or_create(
        scope=scope, key=key, defaults={"fingerprint": fingerprint}
    )
    if stored.fingerprint != fingerprint:
        raise IdempotencyKeyReused(f"Send another {HEADER}, or the same body again.")
    return stored, is_new
