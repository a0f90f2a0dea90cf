"""The frame of version 2: its errors, its rate limits, its JSON, its pages for people."""

from django.http import Http404
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from apps.common.async_ninja.errors import handle
from apps.common.async_ninja.renderers import FastJSONRenderer
from apps.common.async_ninja.throttling import Limit

NAMESPACE = "api-v2"


def create_api(title: str, description: str) -> NinjaAPI:
    """An API without operations; `config.api_v2` adds those of each domain."""
    api = NinjaAPI(
        title=title,
        description=description,
        version="2",
        urls_namespace=NAMESPACE,
        openapi_url="schema/",
        docs_url="docs/",
        renderer=FastJSONRenderer(),
        throttle=[Limit()],
    )
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, handle)
    return api
