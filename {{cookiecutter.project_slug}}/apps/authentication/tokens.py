"""Access and refresh tokens: JSON Web Tokens over one row for each login.

A login starts a *family*. Its access tokens (JWT_ACCESS_LIFETIME) are checked against the family's
row in the query that loads the user, so logging out, resetting the password or deactivating the
account ends them at once, in every process, whatever the cache is. Its refresh token
(JWT_REFRESH_LIFETIME) is exchanged for a new pair and is then used up.

A refresh token that comes twice means one of two things, told apart by time:

- **Within ten seconds** two tabs, or a retry, have raced. One has won; the others get 409
  `refresh-token-already-used` and nothing is revoked. A client reads the tokens the winner stored
  and repeats its request; only if no answer ever arrived does the user have to log in again.
  Handing the losers tokens as well would let a thief who is fast enough fork the session unseen.
- **Later** it was stolen, and it is unknown from whom: the whole family is revoked, 401.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import jwt
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.authentication.errors import (
    InvalidToken,
    RefreshTokenAlreadyUsed,
    RefreshTokenReused,
)
from apps.authentication.models import RefreshToken, User
from apps.common import audit
from apps.common.errors import ApplicationError

ALGORITHM = "HS256"
RACE_WINDOW = timedelta(seconds=10)
"""How long after its exchange a refresh token is taken for the loser of a race, not for stolen."""


class TokenType(StrEnum):
    """What a token is good for; the one is never accepted for the other."""

    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client holds after it has logged in."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token of ours says, once its signature, issuer and expiry have been checked."""

    user_id: uuid.UUID
    family: uuid.UUID
    jti: uuid.UUID


def issue(user: User) -> TokenPair:
    """Start a family and return its first tokens."""
    now = timezone.now()
    token = RefreshToken.objects.create(user=user, expires_at=now + settings.JWT_REFRESH_LIFETIME)
    return _pair(Claims(user.public_id, token.family, token.jti), now)


def rotate(refresh: str) -> TokenPair:
    """Exchange a refresh token for a new pair; of concurrent callers exactly one succeeds.

    Raises:
        InvalidToken: It is malformed, expired or revoked, or its user is gone.
        RefreshTokenAlreadyUsed: Another caller has exchanged it within `RACE_WINDOW`.
        RefreshTokenReused: It was exchanged longer ago. The family is now revoked.
    """
    presented = decode(refresh, TokenType.REFRESH)
    if not User.objects.filter(public_id=presented.user_id, is_active=True).exists():
        raise InvalidToken
    now = timezone.now()
    successor = Claims(presented.user_id, presented.family, uuid.uuid4())
    # Durable, so that no caller's transaction can undo the revocation of a stolen family.
    with transaction.atomic(durable=True):
        # This UPDATE is the lock: it must test only columns of its own row, because PostgreSQL
        # does not look at joined rows again when it has waited for a competitor.
        won = RefreshToken.objects.filter(
            family=presented.family, jti=presented.jti, revoked_at=None
        ).update(
            jti=successor.jti,
            previous_jti=presented.jti,
            rotated_at=now,
            expires_at=now + settings.JWT_REFRESH_LIFETIME,
        )
        refusal = None if won else _refuse(presented, now)
    if refusal:
        raise refusal
    return _pair(successor, now)


def revoke(refresh: str) -> None:
    """End the family of a refresh token, whether or not the token has been used up.

    Raises:
        InvalidToken: It is malformed or expired.
    """
    presented = decode(refresh, TokenType.REFRESH)
    with transaction.atomic():
        if _end(RefreshToken.objects.filter(family=presented.family)):
            user = User.objects.get(public_id=presented.user_id)
            audit.record("user.logged_out", user, family=str(presented.family))


def revoke_all(user: User) -> int:
    """End every family of a user; the number that were alive."""
    return _end(user.refresh_tokens.all())


def decode(token: str | bytes, expected: TokenType) -> Claims:
    """Check a token's signature, issuer, expiry and type, and read it.

    Says nothing about whether its family is still alive or its user still there.

    Raises:
        InvalidToken: Any of these is wrong.
    """
    try:
        payload = jwt.decode(
            token,
            settings.JWT_SIGNING_KEY,
            algorithms=[ALGORITHM],
            issuer=settings.JWT_ISSUER,
            # Clocks of several hosts differ; a token issued a moment "ahead" is not a forgery.
            options={"require": ["exp", "iss", "typ"], "verify_iat": False},
        )
        if payload["typ"] != expected:
            raise InvalidToken
        return Claims(*(uuid.UUID(payload[name]) for name in ("sub", "fam", "jti")))
    except (jwt.PyJWTError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise InvalidToken from error


def _pair(refresh: Claims, now: datetime) -> TokenPair:
    access = Claims(refresh.user_id, refresh.family, uuid.uuid4())
    return TokenPair(
        access=_encode(access, TokenType.ACCESS, now, settings.JWT_ACCESS_LIFETIME),
        refresh=_encode(refresh, TokenType.REFRESH, now, settings.JWT_REFRESH_LIFETIME),
    )


def _encode(claims: Claims, typ: TokenType, now: datetime, lifetime: timedelta) -> str:
    payload = {
        "iss": settings.JWT_ISSUER,
        "sub": str(claims.user_id),
        "fam": str(claims.family),
        "jti": str(claims.jti),
        "typ": typ,
        "iat": now,
        "exp": now + lifetime,
    }
    return jwt.encode(payload, settings.JWT_SIGNING_KEY, algorithm=ALGORITHM)


def _refuse(presented: Claims, now: datetime) -> ApplicationError:
    """Say why a token was not exchanged; revoke its family if it was stolen."""
    alive = RefreshToken.objects.filter(family=presented.family, revoked_at=None)
    if alive.filter(previous_jti=presented.jti, rotated_at__gt=now - RACE_WINDOW).exists():
        return RefreshTokenAlreadyUsed()
    if not _end(alive):
        return InvalidToken()
    user = User.objects.get(public_id=presented.user_id)
    audit.record("refresh_token.reused", user, family=str(presented.family))
    return RefreshTokenReused()


def _end(tokens: QuerySet[RefreshToken]) -> int:
    return tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
