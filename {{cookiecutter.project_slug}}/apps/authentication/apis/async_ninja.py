"""Authentication over version 2 of the API: registration, codes, tokens, passwords, the profile.

Only the own profile reads the Authorization header: elsewhere it may well hold a stale token.
"""

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse
from ninja import Router

from apps.authentication import services, tokens
from apps.authentication.apis.bearer import SignedIn, as_caller, bearer, once_as_caller
from apps.authentication.apis.schemas import (
    AddressInput,
    Credentials,
    PasswordReset,
    ProfileChanges,
    RefreshTokenInput,
    Registration,
    TokenPairSchema,
    UserSchema,
    Verification,
)
from apps.authentication.models import User
from apps.common.async_ninja.openapi import IDEMPOTENT
from apps.common.async_ninja.operations import dump, on_thread, send
from apps.common.async_ninja.throttling import Limit
from apps.common.idempotency import Answer, run_once

router = Router(tags=["authentication"])


@router.post(
    "/register/", response={201: UserSchema}, operation_id="register", openapi_extra=IDEMPOTENT
)
async def register(request: HttpRequest, body: Registration) -> HttpResponse:
    """Create an account; a verification code is mailed to its address."""

    def write() -> Answer:
        return Answer(201, dump(UserSchema, services.register(**body.model_dump())))

    return send(await on_thread(lambda: run_once(request, None, write)))


@router.post(
    "/verify/", throttle=Limit("verification"), response={204: None}, operation_id="verify_email"
)
async def verify_email(request: HttpRequest, body: Verification) -> HttpResponse:  # noqa: ARG001 - Ninja names it
    """Confirm an e-mail address with the code mailed to it."""
    await on_thread(lambda: services.verify_email(**body.model_dump()))
    return _nothing(204)


@router.post(
    "/verify/resend/",
    throttle=Limit("verification"),
    response={202: None},
    operation_id="resend_verification",
)
async def resend_verification(request: HttpRequest, body: AddressInput) -> HttpResponse:  # noqa: ARG001 - Ninja names it
    """Mail a new verification code; the answer is the same for every address."""
    await on_thread(lambda: services.request_email_verification(email=body.email))
    return _nothing(202)


@router.post("/login/", throttle=Limit("login"), response=TokenPairSchema, operation_id="login")
async def login(request: HttpRequest, body: Credentials) -> HttpResponse:  # noqa: ARG001 - Ninja names it
    """Start a session with e-mail address and password."""
    return _hand_out(await on_thread(lambda: services.login(**body.model_dump())))


# Signed-in users refresh and log out without the token that would tell them apart behind one
# address: these two count as theirs.
@router.post(
    "/refresh/", throttle=Limit("user"), response=TokenPairSchema, operation_id="refresh_tokens"
)
async def refresh_tokens(request: HttpRequest, body: RefreshTokenInput) -> HttpResponse:  # noqa: ARG001 - Ninja names it
    """Exchange a refresh token for a new pair.

    Each refresh token works once. If it was exchanged within the last ten seconds, as when two
    tabs refresh at once, the answer is 409 `refresh-token-already-used`: use the tokens of the
    request that succeeded. If it comes later, it counts as stolen: the session ends, 401.
    """
    return _hand_out(await on_thread(lambda: tokens.rotate(body.refresh)))


@router.post("/logout/", throttle=Limit("user"), response={204: None}, operation_id="logout")
async def logout(request: HttpRequest, body: RefreshTokenInput) -> HttpResponse:  # noqa: ARG001 - Ninja names it
    """End the session of a refresh token; its access tokens end with it."""
    await on_thread(lambda: tokens.revoke(body.refresh))
    return _nothing(204)


@router.post(
    "/password-reset/",
    throttle=Limit("verification"),
    response={202: None},
    operation_id="request_password_reset",
)
async def request_password_reset(request: HttpRequest, body: AddressInput) -> HttpResponse:  # noqa: ARG001 - Ninja names it
    """Mail a code that allows a new password; the answer is the same for every address."""
    await on_thread(lambda: services.request_password_reset(email=body.email))
    return _nothing(202)


@router.post(
    "/password-reset/confirm/",
    throttle=Limit("verification"),
    response={204: None},
    operation_id="reset_password",
)
async def reset_password(request: HttpRequest, body: PasswordReset) -> HttpResponse:  # noqa: ARG001 - Ninja names it
    """Set a new password with a mailed code; every session of the account ends."""
    await on_thread(lambda: services.reset_password(**body.model_dump()))
    return _nothing(204)


@router.get("/me/", auth=bearer, response=UserSchema, operation_id="retrieve_me")
async def retrieve_me(request: SignedIn) -> User:
    """Show the own account."""
    return await as_caller(request, lambda user: user)


@router.patch(
    "/me/", auth=bearer, response=UserSchema, operation_id="update_me", openapi_extra=IDEMPOTENT
)
async def update_me(request: SignedIn, body: ProfileChanges) -> HttpResponse:
    """Change the own profile; only the name can be changed here."""

    def write(user: User) -> Answer:
        name = body.full_name or user.full_name
        return Answer(200, dump(UserSchema, services.update_profile(user=user, full_name=name)))

    return await once_as_caller(request, write)


def _hand_out(pair: tokens.TokenPair) -> HttpResponse:
    response = send(Answer(200, asdict(pair)))
    response.headers["Cache-Control"] = "no-store"
    return response


def _nothing(status: int) -> HttpResponse:
    response = HttpResponse(status=status)
    # Clients would look for what it names.
    del response.headers["Content-Type"]
    return response
