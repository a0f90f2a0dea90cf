"""Families of tokens: issue, rotation, reuse, revocation."""

import uuid
from datetime import timedelta

import jwt
import pytest
import time_machine
from django.conf import LazySettings
from django.utils import timezone

from apps.authentication import selectors, tokens
from apps.authentication.errors import InvalidToken, RefreshTokenAlreadyUsed, RefreshTokenReused
from apps.authentication.models import RefreshToken, User
from apps.authentication.tokens import TokenType
from apps.common.models import AuditEntry

pytestmark = pytest.mark.django_db

ACCESS, REFRESH = TokenType


def is_let_in(access: str) -> bool:
    return selectors.bearer(tokens.decode(access, ACCESS)).exists()


def forged(settings: LazySettings, **claims: object) -> str:
    payload = {
        "iss": settings.JWT_ISSUER,
        "sub": str(uuid.uuid4()),
        "fam": str(uuid.uuid4()),
        "jti": str(uuid.uuid4()),
        "typ": "access",
        "exp": timezone.now() + timedelta(minutes=1),
    } | claims
    return jwt.encode(payload, settings.JWT_SIGNING_KEY, algorithm="HS256")


def test_an_access_token_names_the_user_by_public_id(customer: User) -> None:
    claims = tokens.decode(tokens.issue(customer).access, ACCESS)
    assert claims.user_id == customer.public_id


def test_both_tokens_of_a_pair_belong_to_one_family_and_differ_in_their_ids(customer: User) -> None:
    pair = tokens.issue(customer)
    access, refresh = tokens.decode(pair.access, ACCESS), tokens.decode(pair.refresh, REFRESH)
    assert access.family == refresh.family
    assert access.jti != refresh.jti


def test_each_login_is_a_family_of_its_own(customer: User) -> None:
    first, second = tokens.issue(customer), tokens.issue(customer)
    assert tokens.decode(first.access, ACCESS).family != tokens.decode(second.access, ACCESS).family


def test_an_access_token_lasts_fifteen_minutes(customer: User) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        access = tokens.issue(customer).access
    with time_machine.travel(now + timedelta(minutes=14, seconds=59), tick=False):
        assert is_let_in(access)
    with time_machine.travel(now + timedelta(minutes=15)), pytest.raises(InvalidToken):
        tokens.decode(access, ACCESS)


def test_a_refresh_token_lasts_seven_days(customer: User) -> None:
    refresh = tokens.issue(customer).refresh
    with time_machine.travel(timezone.now() + timedelta(days=7)), pytest.raises(InvalidToken):
        tokens.rotate(refresh)


def test_a_session_that_is_refreshed_goes_on(customer: User) -> None:
    pair = tokens.issue(customer)
    with time_machine.travel(timezone.now() + timedelta(days=6)):
        pair = tokens.rotate(pair.refresh)
    with time_machine.travel(timezone.now() + timedelta(days=12)):
        assert is_let_in(tokens.rotate(pair.refresh).access)


def test_neither_token_is_accepted_for_the_other(customer: User) -> None:
    pair = tokens.issue(customer)
    with pytest.raises(InvalidToken):
        tokens.decode(pair.refresh, ACCESS)
    with pytest.raises(InvalidToken):
        tokens.rotate(pair.access)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\x00", "ü", b"\xff.\xff.\xff", "e30.e30."])
def test_garbage_is_not_a_token(token: str | bytes) -> None:
    with pytest.raises(InvalidToken):
        tokens.decode(token, ACCESS)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "somebody-else"},
        {"sub": "17"},
        {"sub": 17},
        {"fam": None},
        {"jti": "not-a-uuid"},
        {"typ": "identity"},
        {"exp": 0},
    ],
    ids=str,
)
def test_a_signed_token_with_a_wrong_claim_is_refused(
    settings: LazySettings, claims: dict[str, object]
) -> None:
    with pytest.raises(InvalidToken):
        tokens.decode(forged(settings, **claims), ACCESS)


def test_a_token_signed_with_another_key_is_refused(customer: User, settings: LazySettings) -> None:
    access = tokens.issue(customer).access
    settings.JWT_SIGNING_KEY = "another key of a decent length, as a thief would have to guess"
    with pytest.raises(InvalidToken):
        tokens.decode(access, ACCESS)


def test_an_unsigned_token_is_refused(settings: LazySettings) -> None:
    claims = jwt.decode(forged(settings), options={"verify_signature": False})
    with pytest.raises(InvalidToken):
        tokens.decode(jwt.encode(claims, key="", algorithm="none"), ACCESS)


def test_rotation_returns_a_working_pair_of_the_same_family(customer: User) -> None:
    old = tokens.issue(customer)
    new = tokens.rotate(old.refresh)
    assert is_let_in(new.access)
    assert tokens.decode(new.access, ACCESS).family == tokens.decode(old.access, ACCESS).family
    assert is_let_in(tokens.rotate(new.refresh).access)


def test_rotation_leaves_one_row_however_long_a_session_lasts(customer: User) -> None:
    pair = tokens.issue(customer)
    for _ in range(5):
        pair = tokens.rotate(pair.refresh)
    assert RefreshToken.objects.count() == 1


def test_a_refresh_token_submitted_twice_at_once_is_refused_without_harm(customer: User) -> None:
    old = tokens.issue(customer)
    new = tokens.rotate(old.refresh)
    with pytest.raises(RefreshTokenAlreadyUsed):
        tokens.rotate(old.refresh)
    assert is_let_in(new.access)
    assert is_let_in(tokens.rotate(new.refresh).access)


def test_a_replayed_refresh_token_revokes_the_family(customer: User) -> None:
    old = tokens.issue(customer)
    new = tokens.rotate(old.refresh)
    with (
        time_machine.travel(timezone.now() + tokens.RACE_WINDOW),
        pytest.raises(RefreshTokenReused),
    ):
        tokens.rotate(old.refresh)
    assert not is_let_in(new.access)
    with pytest.raises(InvalidToken):
        tokens.rotate(new.refresh)


def test_a_token_two_exchanges_old_counts_as_stolen_even_at_once(customer: User) -> None:
    old = tokens.issue(customer)
    tokens.rotate(tokens.rotate(old.refresh).refresh)
    with pytest.raises(RefreshTokenReused):
        tokens.rotate(old.refresh)


def test_a_theft_ends_one_session_and_not_the_others(customer: User) -> None:
    stolen, other = tokens.issue(customer), tokens.issue(customer)
    tokens.rotate(tokens.rotate(stolen.refresh).refresh)
    with pytest.raises(RefreshTokenReused):
        tokens.rotate(stolen.refresh)
    assert is_let_in(other.access)


def test_a_theft_is_in_the_audit_log(customer: User) -> None:
    old = tokens.issue(customer)
    tokens.rotate(tokens.rotate(old.refresh).refresh)
    with pytest.raises(RefreshTokenReused):
        tokens.rotate(old.refresh)
    entry = AuditEntry.objects.get(action="refresh_token.reused")
    assert entry.target_id == customer.public_id
    assert entry.changes == {"family": str(tokens.decode(old.refresh, REFRESH).family)}


def test_revocation_ends_access_and_refresh_at_once(customer: User) -> None:
    pair = tokens.issue(customer)
    tokens.revoke(pair.refresh)
    assert not is_let_in(pair.access)
    with pytest.raises(InvalidToken):
        tokens.rotate(pair.refresh)


def test_revoking_twice_is_no_error_and_recorded_once(customer: User) -> None:
    pair = tokens.issue(customer)
    tokens.revoke(pair.refresh)
    tokens.revoke(pair.refresh)
    assert AuditEntry.objects.filter(action="user.logged_out").count() == 1


def test_a_used_up_refresh_token_still_ends_its_session(customer: User) -> None:
    old = tokens.issue(customer)
    new = tokens.rotate(old.refresh)
    tokens.revoke(old.refresh)
    assert not is_let_in(new.access)


def test_all_sessions_of_one_user_end_together(customer: User, vendor_user: User) -> None:
    pairs = [tokens.issue(customer) for _ in range(3)]
    bystander = tokens.issue(vendor_user)
    assert tokens.revoke_all(customer) == 3
    assert not any(is_let_in(pair.access) for pair in pairs)
    assert is_let_in(bystander.access)


def test_a_deactivated_user_is_shut_out_at_once(customer: User) -> None:
    pair = tokens.issue(customer)
    User.objects.filter(pk=customer.pk).update(is_active=False)
    assert not is_let_in(pair.access)
    with pytest.raises(InvalidToken):
        tokens.rotate(pair.refresh)


def test_a_deleted_user_is_shut_out_at_once(customer: User) -> None:
    pair = tokens.issue(customer)
    customer.delete()
    assert not is_let_in(pair.access)
    with pytest.raises(InvalidToken):
        tokens.rotate(pair.refresh)


def test_one_users_token_does_not_open_another_users_family(
    customer: User, vendor_user: User, settings: LazySettings
) -> None:
    family = tokens.decode(tokens.issue(vendor_user).access, ACCESS).family
    assert not is_let_in(forged(settings, sub=str(customer.public_id), fam=str(family)))
