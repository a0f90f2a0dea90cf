"""The `Idempotency-Key` header: a request that is repeated runs once.

The handler's writes and its stored answer commit together, so a crash leaves both or neither. A
concurrent duplicate waits for the first request and receives its answer. An error rolls everything
back, the key included: the same request may be tried again.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
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


def idempotent(method: Callable[..., Response]) -> Callable[..., Response]:
    """Let a view's handler method honour the header; without it the request just runs."""

    @wraps(method)
    def handle(view: APIView, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return method(view, request, *args, **kwargs)
        if not 0 < len(key) <= MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
            raise InvalidInput(f"{HEADER} takes 1 to {MAX_KEY_LENGTH} printable ASCII characters.")
        with transaction.atomic():
            stored, is_new = _claim(request, key)
            if not is_new:
                return Response(stored.body, stored.status, headers={REPLAYED_HEADER: "true"})
            response = method(view, request, *args, **kwargs)
            stored.status, stored.body = response.status_code, response.data
            stored.save(update_fields=["status", "body"])
        return response

    handle.idempotent = True  # type: ignore[attr-defined]  # read by apps.common.openapi
    return handle


def _claim(request: Request, key: str) -> tuple[IdempotencyKey, bool]:
    caller = getattr(request.user, "public_id", "anonymous")
    scope = f"{caller} {request.method} {request.path}"
    # Keyed, for a body may hold a password that a plain hash would let one guess.
    fingerprint = salted_hmac(__name__, request.body, algorithm="sha256").hexdigest()
    stored, is_new = IdempotencyKey.objects.get_or_create(
        scope=scope, key=key, defaults={"fingerprint": fingerprint}
    )
    if stored.fingerprint != fingerprint:
        raise IdempotencyKeyReused(f"Send another {HEADER}, or the same body again.")
    return stored, is_new
