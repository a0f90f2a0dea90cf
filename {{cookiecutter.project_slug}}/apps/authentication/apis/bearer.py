"""Who calls an operation of version 2: bearer tokens for Django Ninja."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from ninja.security import HttpBearer

from apps.authentication import selectors, tokens
from apps.authentication.errors import InvalidToken
from apps.authentication.models import User
from apps.common.async_ninja.operations import on_thread, send
from apps.common.context import bind_actor
from apps.common.errors import Forbidden
from apps.common.idempotency import Answer, run_once
from apps.common.permissions import Owned
from apps.common.roles import Role

ANONYMOUS = "anonymous"
REFUSAL = "You do not have permission to perform this action."


class SignedIn(HttpRequest):
    """A request with an authentic access token; whether it is still alive, the database knows."""

    auth: tokens.Claims


class Bearer(HttpBearer):
    """Reads an access token; needs no database, and so no thread."""

    openapi_bearerFormat = "JWT"  # noqa: N815 - OpenAPI's name, which Ninja passes on

    async def authenticate(self, _request: HttpRequest, token: str) -> tokens.Claims:
        """Return the token's claims.

        Raises:
            InvalidToken: The token is malformed or expired.
        """
        return tokens.decode(token.strip(), tokens.TokenType.ACCESS)


def caller(request: SignedIn, *roles: Role) -> User:
    """The user of a request, from the database, named in logs and audit entries from now on.

    Args:
        request: Any with a token.
        roles: Those admitted, besides staff; all of them by default.

    Raises:
        InvalidToken: The token has been revoked, or its user is gone.
        Forbidden: The user has another role.
    """
    user = selectors.bearer(request.auth).first()
    if user is None:
        raise InvalidToken
    bind_actor(user.public_id)
    if roles and user.role not in {*roles, Role.STAFF}:
        raise Forbidden(REFUSAL)
    return user


def require_owner(user: User, thing: Owned) -> None:
    """Let the owner of a thing pass, and staff.

    Raises:
        Forbidden: It belongs to somebody else.
    """
    if user.role != Role.STAFF and not thing.is_owned_by(user):
        raise Forbidden(REFUSAL)


async def as_caller[R](request: SignedIn, read: Callable[[User], R], *roles: Role) -> R:
    """Identify the caller and read for them, on the thread of the request.

    Args:
        request: With a token.
        read: What is done once the caller is known.
        roles: Those admitted, besides staff; all of them by default.
    """
    return await on_thread(lambda: read(caller(request, *roles)))


async def once_as_caller(
    request: SignedIn, write: Callable[[User], Answer], *roles: Role
) -> HttpResponse:
    """Identify the caller and change something for them, once under each idempotency key."""

    def run() -> Answer:
        user = caller(request, *roles)
        return run_once(request, user.public_id, lambda: write(user))

    return send(await on_thread(run))


bearer = Bearer()


async def anyone(request: HttpRequest) -> tokens.Claims | str:
    """Admits everybody; a token that is sent has to be authentic, and says who is counted.

    Raises:
        InvalidToken: It is malformed or expired.
    """
    claims = bearer(request)
    return ANONYMOUS if claims is None else await claims
