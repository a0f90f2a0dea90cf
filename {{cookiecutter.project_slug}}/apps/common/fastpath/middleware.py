"""Middleware of the API's stack, none of which needs a thread."""

from typing import Any

from corsheaders.conf import conf
from corsheaders.middleware import CorsMiddleware
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase
from django.middleware.security import SecurityMiddleware


class ApiSecurityMiddleware(SecurityMiddleware):
    """Django's, on the event loop: it only reads and writes headers."""

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        """Redirect to HTTPS or answer, and add the headers."""
        response: Any = self.process_request(request)
        if response is None:
            response = await self.get_response(request)  # type: ignore[misc]  # async in this stack
        return self.process_response(request, response)


class ApiCorsMiddleware(CorsMiddleware):
    """What lets pages of other sites use the API, if any may."""

    def __init__(self, get_response: Any) -> None:  # noqa: ANN401 - sync or async
        if not (
            conf.CORS_ALLOW_ALL_ORIGINS
            or conf.CORS_ALLOWED_ORIGINS
            or conf.CORS_ALLOWED_ORIGIN_REGEXES
        ):
            raise MiddlewareNotUsed
        super().__init__(get_response)
