"""What can go wrong when somebody proves who they are."""

from apps.common.errors import Conflict, Forbidden, InvalidInput, NotAuthenticated


class EmailTaken(Conflict):
    """Somebody has registered this e-mail address."""

    code = "email-taken"
    title = "This e-mail address is already registered"


class InvalidCode(InvalidInput):
    """The code is wrong, expired, used, or was tried too often; which one is not said."""

    code = "invalid-code"
    title = "The code is not valid"


class InvalidCredentials(NotAuthenticated):
    """The e-mail address or the password is wrong; which one is not said."""

    code = "invalid-credentials"
    title = "The e-mail address or the password is wrong"


class EmailNotVerified(Forbidden):
    """The password is right, but the address was never confirmed."""

    code = "email-not-verified"
    title = "The e-mail address has not been verified yet"


class InvalidToken(NotAuthenticated):
    """The token is malformed, expired or revoked, or its user is gone."""

    code = "invalid-token"
    title = "The token is not valid"


class RefreshTokenReused(NotAuthenticated):
    """A token exchanged long ago came back, so one of the two holders stole it."""

    code = "refresh-token-reused"
    title = "The refresh token was used before; its session has been ended"


class RefreshTokenAlreadyUsed(Conflict):
    """A token exchanged a moment ago came again, as when two tabs refresh at once."""

    code = "refresh-token-already-used"
    title = "The refresh token has just been exchanged; use the tokens of that answer"
