"""What the OpenAPI document says about authentication."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema


class JWTScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """`JWTAuthentication` as a security scheme."""

    target_class = "apps.authentication.apis.authentication.JWTAuthentication"
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:  # noqa: ARG002 - as above
        """The scheme as OpenAPI puts it."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
