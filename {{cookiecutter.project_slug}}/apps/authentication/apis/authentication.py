"""Bearer tokens for Django REST framework."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from apps.authentication import selectors, tokens
from apps.authentication.errors import InvalidToken
from apps.authentication.models import User
from apps.common.context import bind_actor
from apps.common.errors import NotAuthenticated


def signed_in(request: Request) -> User:
    """The user of a request, in a view that is only for users.

    Raises:
        NotAuthenticated: There is none.
    """
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


class JWTAuthentication(BaseAuthentication):
    """Recognises the user of an access token and names them in logs and audit entries."""

    def authenticate(self, request: Request) -> tuple[User, tokens.Claims] | None:
        """Return the user and the token's claims; None when no bearer token was sent.

        Raises:
            InvalidToken: The token is malformed, expired or revoked, or its user is gone.
        """
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        claims = tokens.decode(token.strip(), tokens.TokenType.ACCESS)
        user = selectors.bearer(claims).first()
        if user is None:
            raise InvalidToken
        bind_actor(user.public_id)
        return user, claims

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - the framework's signature
        """The challenge of a 401 answer; without one the framework would answer 403."""
        return "Bearer"
