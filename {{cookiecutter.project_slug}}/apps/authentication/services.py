"""Writes: accounts, e-mailed codes, passwords, logins."""

from datetime import timedelta

import structlog
from django.contrib.auth import authenticate, password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from prometheus_client import Counter

from apps.authentication import selectors, tokens
from apps.authentication.errors import (
    EmailNotVerified,
    EmailTaken,
    InvalidCode,
    InvalidCredentials,
)
from apps.authentication.events import (
    EmailVerificationRequested,
    PasswordResetRequested,
    UserRegistered,
)
from apps.authentication.models import EmailChallenge, RefreshToken, User
from apps.authentication.tokens import TokenPair
from apps.common import audit, context
from apps.common.errors import Forbidden, InvalidInput
from apps.common.events import bus
from apps.common.roles import Role

CODE_LIFETIME = timedelta(minutes=10)
CODE_ATTEMPTS = 5
CODES_PER_HOUR = 5
"""Codes mailed to one user for one purpose: with five attempts each, an attacker who asks for code
after code from any number of addresses needs years for an even chance, and cannot flood a mailbox.
"""
REQUESTED: dict[str, type[EmailVerificationRequested | PasswordResetRequested]] = {
    EmailChallenge.Purpose.VERIFY_EMAIL: EmailVerificationRequested,
    EmailChallenge.Purpose.RESET_PASSWORD: PasswordResetRequested,
}

LOGIN_FAILURES = Counter("login_failures", "Attempts to sign in that were refused.", ["reason"])

log = structlog.stdlib.get_logger(__name__)


def register(*, email: str, password: str, full_name: str, role: Role = Role.CLIENT) -> User:
    """Create an account and ask for its e-mail address to be verified.

    Raises:
        EmailTaken: The address is registered already.
        Forbidden: Staff do not register themselves.
        InvalidInput: The password is too weak.
    """
    if role == Role.STAFF:
        raise Forbidden("Staff accounts are created by staff.")
    _require_strong(password, User(email=email, full_name=full_name))
    with transaction.atomic():
        try:
            with transaction.atomic():
                user = User.objects.create_user(email, password, full_name=full_name, role=role)
        except IntegrityError as error:
            raise EmailTaken from error
        audit.record("user.registered", user, role=role)
        bus.publish(UserRegistered(user_id=user.public_id, email=user.email))
        _challenge(user, EmailChallenge.Purpose.VERIFY_EMAIL)
    return user


def request_email_verification(*, email: str) -> None:
    """Mail another verification code, if there is an unverified account to mail it to."""
    with transaction.atomic():
        user = _lock_active(email)
        if user and user.email_verified_at is None:
            _challenge(user, EmailChallenge.Purpose.VERIFY_EMAIL)


def verify_email(*, email: str, code: str) -> None:
    """Confirm an address with the code that was mailed to it.

    Raises:
        InvalidCode: It is not the code mailed last, or it is no longer accepted.
    """
    challenge = _attempt(EmailChallenge.Purpose.VERIFY_EMAIL, email=email, code=code)
    with transaction.atomic():
        user = _consume(challenge)
        user.email_verified_at = timezone.now()
        user.save(update_fields=["email_verified_at", "updated_at"])
        audit.record("user.email_verified", user)


def login(*, email: str, password: str) -> TokenPair:
    """Check a password and start a session.

    An unknown address takes as long as a wrong password, and whether an address is verified is told
    only to who knows the password.

    Raises:
        InvalidCredentials: The address or the password is wrong, or the account is deactivated.
        EmailNotVerified: The address has not been verified.
    """
    user = authenticate(username=email, password=password)
    if user is None:
        _record_failed_login(email)
        raise InvalidCredentials
    if user.email_verified_at is None:
        _record_failed_login(email, reason=EmailNotVerified.code)
        raise EmailNotVerified
    context.bind_actor(user.public_id)
    with transaction.atomic():
        # Hashing is slow: if the password was reset meanwhile, its check no longer counts. The
        # UPDATE also locks the row, so that a reset from now on finds and revokes this session.
        unchanged = User.objects.filter(pk=user.pk, is_active=True, password=user.password)
        if not unchanged.update(last_login=timezone.now()):
            raise InvalidCredentials
        audit.record("user.logged_in", user)
        return tokens.issue(user)


def request_password_reset(*, email: str) -> None:
    """Mail a code that allows a new password, if there is an account to mail it to."""
    with transaction.atomic():
        if user := _lock_active(email):
            _challenge(user, EmailChallenge.Purpose.RESET_PASSWORD)


def reset_password(*, email: str, code: str, new_password: str) -> None:
    """Set a new password with a mailed code, and end every session of the user.

    The code proves the mailbox, so the address counts as verified from then on: who registered
    it first with a password of their own is thereby shut out.

    Raises:
        InvalidCode: It is not the code mailed last, or it is no longer accepted.
        InvalidInput: The password is too weak. The code remains good for another attempt.
    """
    challenge = _attempt(EmailChallenge.Purpose.RESET_PASSWORD, email=email, code=code)
    _require_strong(new_password, challenge.user, field="new_password")
    with transaction.atomic():
        user = _consume(challenge)
        user.set_password(new_password)
        user.email_verified_at = user.email_verified_at or timezone.now()
        save_password(user=user, by="mailed code")


def save_password(*, user: User, by: str) -> None:
    """Store the password set on a user, and end every session opened with the old one.

    Args:
        user: With the new password, and perhaps a verified address, not saved yet.
        by: Who or what allowed the change, for the audit log.
    """
    with transaction.atomic():
        user.save(update_fields=["password", "email_verified_at", "updated_at"])
        audit.record("user.password_changed", user, by=by, sessions_ended=tokens.revoke_all(user))


def update_profile(*, user: User, full_name: str) -> User:
    """Change what a user says about themselves."""
    with transaction.atomic():
        if full_name != user.full_name:
            before, user.full_name = user.full_name, full_name
            user.save(update_fields=["full_name", "updated_at"])
            audit.record("user.profile_updated", user, full_name=[before, full_name])
    return user


def delete_expired_credentials() -> dict[str, int]:
    """Delete codes and refresh tokens that expired more than a day ago; the numbers deleted.

    A day, because younger codes still count against `CODES_PER_HOUR`.
    """
    expired = {"expires_at__lt": timezone.now() - timedelta(days=1)}
    with transaction.atomic():
        return {
            "email_challenges": EmailChallenge.objects.filter(**expired).delete()[0],
            "refresh_tokens": RefreshToken.objects.filter(**expired).delete()[0],
        }


def _lock_active(email: str) -> User | None:
    """The active account of an address, locked, so that its codes are made one after another."""
    active = User.objects.select_for_update().filter(is_active=True)
    return active.filter(email=User.objects.normalize_email(email)).first()


def _challenge(user: User, purpose: EmailChallenge.Purpose) -> None:
    """Make a code and ask for it to be mailed, within `CODES_PER_HOUR`."""
    now = timezone.now()
    recent = user.email_challenges.filter(purpose=purpose, created_at__gt=now - timedelta(hours=1))
    if recent.count() >= CODES_PER_HOUR:
        log.warning("too many codes requested", user=str(user.public_id), purpose=purpose)
        return
    challenge = user.email_challenges.create(purpose=purpose, expires_at=now + CODE_LIFETIME)
    bus.publish(REQUESTED[purpose](challenge_id=challenge.public_id))


def _attempt(purpose: EmailChallenge.Purpose, *, email: str, code: str) -> EmailChallenge:
    """Count an attempt at the code mailed last, then compare."""
    challenge = selectors.latest_challenge(email=email, purpose=purpose)
    if challenge is None:
        raise InvalidCode
    # Durable, so that no caller's transaction can undo the count. The UPDATE counts before it is
    # known whether the code is right, so that guesses made at once do not share an attempt.
    with transaction.atomic(durable=True):
        counted = EmailChallenge.objects.filter(
            pk=challenge.pk,
            consumed_at=None,
            expires_at__gt=timezone.now(),
            attempts__lt=CODE_ATTEMPTS,
        ).update(attempts=F("attempts") + 1)
        right = constant_time_compare(code, selectors.challenge_code(challenge))
        if not (counted and right):
            audit.record("user.code_refused", challenge.user, purpose=purpose)
    if not (counted and right):
        raise InvalidCode
    return challenge


def _consume(challenge: EmailChallenge) -> User:
    """Use a code up, whichever of several holders comes first, and lock its user."""
    unused = EmailChallenge.objects.filter(pk=challenge.pk, consumed_at=None)
    if not unused.update(consumed_at=timezone.now()):
        raise InvalidCode
    return User.objects.select_for_update().get(pk=challenge.user_id)


def _require_strong(password: str, user: User, *, field: str = "password") -> None:
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(
            "Some fields are not valid.",
            errors=[
                {"field": field, "message": each.messages[0], "code": each.code or "invalid"}
                for each in error.error_list
            ],
        ) from error


def _record_failed_login(email: str, *, reason: str = InvalidCredentials.code) -> None:
    LOGIN_FAILURES.labels(reason).inc()
    user = User.objects.filter(email=User.objects.normalize_email(email)).first()
    if user is None:
        log.warning("login failed for an unknown address")
        return
    # Durable, so that the refusal that follows cannot take the record with it.
    with transaction.atomic(durable=True):
        audit.record("user.login_failed", user, reason=reason)
