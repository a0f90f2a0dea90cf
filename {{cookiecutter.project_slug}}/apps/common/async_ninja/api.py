"""The frame of version 2: its errors, its rate limits, its JSON, its pages for people."""

from typing import Any

from django.http import Http404
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from apps.common.async_ninja.errors import handle
from apps.common.async_ninja.methods import every_method
from apps.common.async_ninja.openapi import SwaggerUI, complete
from apps.common.async_ninja.parsers import JSONParser
from apps.common.async_ninja.renderers import FastJSONRenderer
from apps.common.async_ninja.throttling import Limit, limited
from apps.common.problems import api_not_found

NAMESPACE = "api-v2"


class API(NinjaAPI):
    """Ninja's, with the manners of version 1 where there is no setting for them."""

    @property
    def urls(self) -> tuple[list[URLPattern | URLResolver], str, str]:
        """The addresses, with every method answered; there is nothing at the root of them."""
        addresses, app_name, namespace = super().urls
        for address in addresses:
            if isinstance(address, URLPattern):
                address.callback = every_method(address.callback)
        # Ninja finds out by the name of its own root where it is, and shows nothing else there.
        return [path("", api_not_found), *addresses], app_name, namespace

    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        """The OpenAPI document."""
        document = super().get_openapi_schema(**where)
        complete(document)
        return document


def create_api(title: str, description: str) -> API:
    """An API without operations; `config.api_v2` adds those of each domain."""
    api = API(
        title=title,
        description=description,
        version="2",
        urls_namespace=NAMESPACE,
        openapi_url="schema/",
        docs=SwaggerUI(),
        docs_url="docs/",
        docs_decorator=require_safe,
        parser=JSONParser(),
        renderer=FastJSONRenderer(),
        throttle=[Limit()],
    )
    api.add_decorator(limited, mode="view")
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, handle)
    return api
