"""What every operation of the API has in common, said once in its OpenAPI document."""

from typing import Any, Literal

from drf_spectacular import openapi
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from apps.common import idempotency
from apps.common.problems import CONTENT_TYPE

KEY_SCHEMA = {"type": "string", "pattern": f"^[ -~]{{1,{idempotency.MAX_KEY_LENGTH}}}$"}
KEY_DESCRIPTION = "Repeat a request with the same key and body, and it runs once."


class ProblemSerializer(serializers.Serializer[Any]):
    """An RFC 9457 problem document; some kinds of problem have further members."""

    type = serializers.CharField(help_text="Kind of problem, such as urn:problem:not-found.")
    title = serializers.CharField(help_text="The kind of problem in words.")
    status = serializers.IntegerField(help_text="HTTP status.")
    detail = serializers.CharField(help_text="What happened this time.")
    code = serializers.CharField(help_text="The last part of `type`.")
    request_id = serializers.CharField(help_text="Names the request in the logs.", allow_blank=True)


class AutoSchema(openapi.AutoSchema):
    """Adds the problem document to every operation, and the header to the idempotent ones."""

    def get_summary(self) -> str | None:
        """The first line of the handler's docstring."""
        summary, _, _ = super().get_description().partition("\n")
        return summary

    def get_description(self) -> str:  # type: ignore[override] # drf-spectacular differs from REST framework
        """The rest of the handler's docstring."""
        _, _, description = super().get_description().partition("\n")
        return description.strip()

    def get_override_parameters(
        self,
    ) -> list[OpenApiParameter | serializers.Serializer[Any] | type[serializers.Serializer[Any]]]:
        """The `Idempotency-Key` header where the handler honours it."""
        handler = getattr(self.view, getattr(self.view, "action", None) or self.method.lower())
        if not getattr(handler, "idempotent", False):
            return []
        return [
            OpenApiParameter(
                idempotency.HEADER,
                KEY_SCHEMA,
                OpenApiParameter.HEADER,
                description=KEY_DESCRIPTION,
            )
        ]

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        problem = OpenApiResponse(ProblemSerializer, "A problem.")
        return {
            **super()._get_response_bodies(direction),
            "default": self._get_response_for_code(problem, "default", [CONTENT_TYPE]),
        }
