"""What version 2 answers, as orjson writes it."""

from typing import Any

import orjson
from django.http import HttpRequest
from ninja.renderers import BaseRenderer


class FastJSONRenderer(BaseRenderer):
    """JSON; whatever JSON has no word for, as text."""

    media_type = "application/json"

    def render(self, _request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ANN401, ARG002 - Ninja's signature
        """A schema's fields, or parts that are JSON already."""
        return orjson.dumps(data, default=str)
