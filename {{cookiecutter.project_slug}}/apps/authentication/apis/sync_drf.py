"""Authentication over REST: registration, codes, tokens, passwords, the own profile."""

from dataclasses import asdict
from functools import partial
from typing import Any

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from apps.authentication import services, tokens
from apps.authentication.apis.authentication import signed_in
from apps.authentication.apis.serializers import (
    AddressSerializer,
    LoginSerializer,
    PasswordResetSerializer,
    RefreshTokenSerializer,
    RegistrationSerializer,
    TokenPairSerializer,
    UserSerializer,
    VerificationSerializer,
)
from apps.common.idempotency import idempotent
from apps.common.throttling import limit

operation = partial(extend_schema, tags=["authentication"])


def _read(serializer: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _tokens(pair: tokens.TokenPair) -> Response:
    return Response(asdict(pair), headers={"Cache-Control": "no-store"})


class PublicView(APIView):
    """For who has no access token, or a stale one: the Authorization header is not even read.

    The framework would turn the 401 of a view without authenticators into a 403; the errors of this
    project bring their own status, so that login can answer 401.
    """

    authentication_classes = ()
    permission_classes = (AllowAny,)


class RegisterView(PublicView):
    """Accounts."""

    @operation(
        operation_id="register", request=RegistrationSerializer, responses={201: UserSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Create an account; a verification code is mailed to its address."""
        user = services.register(**_read(RegistrationSerializer, request))
        return Response(UserSerializer(user).data, status.HTTP_201_CREATED)


class VerifyEmailView(PublicView):
    """Verification codes."""

    throttle_classes = (limit("verification"),)

    @operation(operation_id="verify_email", request=VerificationSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Confirm an e-mail address with the code mailed to it."""
        services.verify_email(**_read(VerificationSerializer, request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ResendVerificationView(PublicView):
    """Further verification codes."""

    throttle_classes = (limit("verification"),)

    @operation(operation_id="resend_verification", request=AddressSerializer, responses={202: None})
    def post(self, request: Request) -> Response:
        """Mail a new verification code; the answer is the same for every address."""
        services.request_email_verification(**_read(AddressSerializer, request))
        return Response(status=status.HTTP_202_ACCEPTED)


class LoginView(PublicView):
    """Sessions, from a password."""

    throttle_classes = (limit("login"),)

    @operation(operation_id="login", request=LoginSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """Start a session with e-mail address and password."""
        return _tokens(services.login(**_read(LoginSerializer, request)))


class RefreshView(PublicView):
    """Sessions, continued."""

    # Signed-in users come here, without the token that would tell them apart behind one address.
    throttle_classes = (limit("user"),)

    @operation(
        operation_id="refresh_tokens",
        request=RefreshTokenSerializer,
        responses=TokenPairSerializer,
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair.

        Each refresh token works once. If it was exchanged within the last ten seconds, as when two
        tabs refresh at once, the answer is 409 `refresh-token-already-used`: use the tokens of the
        request that succeeded. If it comes later, it counts as stolen: the session ends, 401.
        """
        return _tokens(tokens.rotate(**_read(RefreshTokenSerializer, request)))


class LogoutView(PublicView):
    """Sessions, ended."""

    throttle_classes = (limit("user"),)

    @operation(operation_id="logout", request=RefreshTokenSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """End the session of a refresh token; its access tokens end with it."""
        tokens.revoke(**_read(RefreshTokenSerializer, request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RequestPasswordResetView(PublicView):
    """Password reset codes."""

    throttle_classes = (limit("verification"),)

    @operation(
        operation_id="request_password_reset", request=AddressSerializer, responses={202: None}
    )
    def post(self, request: Request) -> Response:
        """Mail a code that allows a new password; the answer is the same for every address."""
        services.request_password_reset(**_read(AddressSerializer, request))
        return Response(status=status.HTTP_202_ACCEPTED)


class ResetPasswordView(PublicView):
    """New passwords."""

    throttle_classes = (limit("verification"),)

    @operation(
        operation_id="reset_password", request=PasswordResetSerializer, responses={204: None}
    )
    def post(self, request: Request) -> Response:
        """Set a new password with a mailed code; every session of the account ends."""
        services.reset_password(**_read(PasswordResetSerializer, request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(APIView):
    """The account of who asks."""

    @operation(operation_id="retrieve_me", responses=UserSerializer)
    def get(self, request: Request) -> Response:
        """Show the own account."""
        return Response(UserSerializer(signed_in(request)).data)

    @operation(operation_id="update_me", request=UserSerializer, responses=UserSerializer)
    @idempotent
    def patch(self, request: Request) -> Response:
        """Change the own profile; only the name can be changed here."""
        user = signed_in(request)
        body = UserSerializer(user, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        name = body.validated_data.get("full_name", user.full_name)
        return Response(UserSerializer(services.update_profile(user=user, full_name=name)).data)


urlpatterns = [
    path("register/", RegisterView.as_view(), name="register"),
    path("verify/", VerifyEmailView.as_view(), name="verify-email"),
    path("verify/resend/", ResendVerificationView.as_view(), name="resend-verification"),
    path("login/", LoginView.as_view(), name="login"),
    path("refresh/", RefreshView.as_view(), name="refresh"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password-reset/", RequestPasswordResetView.as_view(), name="password-reset"),
    path("password-reset/confirm/", ResetPasswordView.as_view(), name="password-reset-confirm"),
    path("me/", MeView.as_view(), name="me"),
]
