"""JSON as orjson writes it, in a tenth of the time; parts of it may be JSON already."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer


class FastJSONRenderer(JSONRenderer):
    """REST framework's renderer in its compact form."""

    def render(
        self,
        data: Any,  # noqa: ANN401 - REST framework's signature
        accepted_media_type: str | None = None,  # noqa: ARG002
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> bytes:
        """What the view answers, as JSON; whatever JSON has no word for, as text."""
        return b"" if data is None else orjson.dumps(data, default=str)
