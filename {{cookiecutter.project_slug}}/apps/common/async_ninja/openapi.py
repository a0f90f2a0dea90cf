"""What every operation of version 2 has in common, said once in its OpenAPI document."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.views import SpectacularSwaggerSplitView
from ninja import Field, NinjaAPI, Schema
from ninja.openapi.docs import DocsBase

from apps.common import idempotency
from apps.common.openapi import KEY_DESCRIPTION, KEY_SCHEMA
from apps.common.problems import CONTENT_TYPE

IDEMPOTENT: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": idempotency.HEADER,
            "description": KEY_DESCRIPTION,
            "schema": KEY_SCHEMA,
        }
    ]
}
"""The `openapi_extra` of operations that go through `run_once`."""


class Problem(Schema):
    """An RFC 9457 problem document; some kinds of problem have further members."""

    type: str = Field(description="Kind of problem, such as urn:problem:not-found.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="HTTP status.")
    detail: str = Field(description="What happened this time.")
    code: str = Field(description="The last part of `type`.")
    request_id: str = Field(description="Names the request in the logs.")


PROBLEM: dict[str, Any] = {
    "description": "A problem.",
    "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def complete(document: dict[str, Any]) -> None:
    """Say of each operation what it does, from its docstring, and that it may fail."""
    document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    for methods in document["paths"].values():
        for operation in methods.values():
            summary, _, description = operation.pop("description", "").partition("\n")
            operation |= {"summary": summary, "description": description.strip()}
            # Names of members are strings, also where Ninja has numbers.
            responses = {str(status): said for status, said in operation["responses"].items()}
            operation["responses"] = {**responses, "default": PROBLEM}


class SwaggerUI(DocsBase):
    """The page of version 1, for another document: own assets, and no inline script."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """The page, or the script that it loads."""
        view = SpectacularSwaggerSplitView.as_view(
            url=self.get_openapi_url(api, kwargs),
            template_name="common/api_docs.html",
            http_method_names=("get", "head"),
            throttle_classes=(),
        )
        return view(request)
