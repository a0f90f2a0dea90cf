"""Reading request bodies in version 2."""

from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser
from rest_framework.utils import json

from apps.common.errors import UnsupportedMediaType


class JSONParser(Parser):
    """Reads JSON; Ninja's takes every body for JSON, whatever its sender calls it."""

    def parse_body(self, request: HttpRequest) -> Any:  # noqa: ANN401 - whatever was sent
        """The body as Python objects.

        Raises:
            UnsupportedMediaType: It is not said to be JSON.
            ValueError: It is not JSON, or nested too deeply.
        """
        if request.content_type != "application/json":
            raise UnsupportedMediaType(f'Unsupported media type "{request.content_type}".')
        try:
            return json.loads(request.body.decode(), parse_constant=json.strict_constant)
        except RecursionError as error:
            raise ValueError("The JSON is nested too deeply.") from error
