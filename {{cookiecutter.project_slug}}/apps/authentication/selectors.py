"""Reads: who a token belongs to, which code was mailed."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from apps.authentication.models import EmailChallenge, User, UserManager
from apps.authentication.tokens import Claims

CODE_DIGITS = 6


def bearer(claims: Claims) -> QuerySet[User]:
    """The user who presents an access token: one row, or none if access has ended since.

    Account and login are looked at in one query, and always in the database: a cache may be local
    to a process that never heard of the logout. A query set, so that callers may await it.
    """
    return user_of_login(claims.user_id, claims.family)


def user_of_login(user_id: UUID, family: UUID) -> QuerySet[User]:
    """The user with this public id, if active, and if this login of theirs has not ended."""
    return User.objects.filter(
        public_id=user_id,
        is_active=True,
        refresh_tokens__family=family,
        refresh_tokens__revoked_at=None,
    )


def latest_challenge(*, email: str, purpose: EmailChallenge.Purpose) -> EmailChallenge | None:
    """The code mailed last to an active user; codes mailed before it are void."""
    return (
        EmailChallenge.objects.select_related("user")
        .filter(user__email=UserManager.normalize_email(email), user__is_active=True)
        .filter(purpose=purpose)
        .order_by("-id")
        .first()
    )


def challenge_code(challenge: EmailChallenge) -> str:
    """The six digits of a challenge, derived from its public id and the secret key.

    The same every time, so a mail sent again carries the same code, and nothing is stored that a
    copy of the database would reveal.
    """
    digest = salted_hmac(
        f"apps.authentication.{challenge.purpose}", str(challenge.public_id), algorithm="sha256"
    ).digest()
    return f"{int.from_bytes(digest) % 10**CODE_DIGITS:0{CODE_DIGITS}}"
