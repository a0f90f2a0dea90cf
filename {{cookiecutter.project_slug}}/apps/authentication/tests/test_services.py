"""Registration, codes, passwords and logins."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import transaction
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.authentication import selectors, services, tokens
from apps.authentication.errors import (
    EmailNotVerified,
    EmailTaken,
    InvalidCode,
    InvalidCredentials,
)
from apps.authentication.models import EmailChallenge, RefreshToken, User
from apps.authentication.tests.support import PASSWORD, mailed_code, wrong
from apps.authentication.tokens import TokenType
from apps.common.errors import Forbidden, InvalidInput
from apps.common.models import AuditEntry, OutboxEvent
from apps.common.roles import Role

pytestmark = pytest.mark.django_db

VERIFY, RESET = EmailChallenge.Purpose
NEW_PASSWORD = "an even longer secret"


def published(name: str) -> list[dict[str, str]]:
    events = OutboxEvent.objects.filter(name=name).order_by("id")
    return list(events.values_list("payload", flat=True))


def audited(action: str) -> list[dict[str, object]]:
    entries = AuditEntry.objects.filter(action=action).order_by("id")
    return list(entries.values_list("changes", flat=True))


def test_registration_stores_an_unverified_client_and_no_password(newcomer: User) -> None:
    newcomer.refresh_from_db()
    assert newcomer.role == Role.CLIENT
    assert newcomer.email_verified_at is None
    assert newcomer.check_password(PASSWORD)
    assert PASSWORD not in newcomer.password


def test_registration_is_announced_and_audited(newcomer: User) -> None:
    user_id = str(newcomer.public_id)
    assert published("UserRegistered") == [{"user_id": user_id, "email": "ada@example.com"}]
    assert audited("user.registered") == [{"role": "client"}]


def test_registration_asks_for_a_verification_mail(newcomer: User) -> None:
    challenge = newcomer.email_challenges.get()
    assert published("EmailVerificationRequested") == [{"challenge_id": str(challenge.public_id)}]


def test_the_code_itself_is_nowhere_in_the_outbox(newcomer: User) -> None:
    code = mailed_code(newcomer, VERIFY)
    payloads = OutboxEvent.objects.filter(name="EmailVerificationRequested").values("payload")
    assert [list(row["payload"]) for row in payloads] == [["challenge_id"]]
    assert all(code != value for row in payloads for value in row["payload"].values())


def test_somebody_may_register_to_sell() -> None:
    user = services.register(
        email="v@example.com", password=PASSWORD, full_name="V", role=Role.VENDOR
    )
    assert user.role == Role.VENDOR


def test_nobody_registers_as_staff() -> None:
    with pytest.raises(Forbidden):
        services.register(email="s@example.com", password=PASSWORD, full_name="S", role=Role.STAFF)
    assert not User.objects.exists()


def test_an_address_is_registered_once_in_any_capitalisation(newcomer: User) -> None:
    with pytest.raises(EmailTaken):
        services.register(email="ADA@example.com", password=PASSWORD, full_name="Impostor")
    assert User.objects.get() == newcomer
    assert len(published("UserRegistered")) == 1


@pytest.mark.parametrize("password", ["short", "1234567890123", "password123", "ada@example.com"])
def test_a_weak_password_is_refused_by_field(password: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.register(email="ada@example.com", password=password, full_name="Ada")
    errors = refusal.value.extensions["errors"]
    assert isinstance(errors, list)
    assert {error["field"] for error in errors if isinstance(error, dict)} == {"password"}


def test_the_mailed_code_verifies_the_address(newcomer: User) -> None:
    services.verify_email(email="Ada@Example.com", code=mailed_code(newcomer, VERIFY))
    newcomer.refresh_from_db()
    assert newcomer.email_verified_at
    assert audited("user.email_verified") == [{}]


def test_a_code_works_once(newcomer: User) -> None:
    code = mailed_code(newcomer, VERIFY)
    services.verify_email(email=newcomer.email, code=code)
    with pytest.raises(InvalidCode):
        services.verify_email(email=newcomer.email, code=code)


def test_a_code_used_between_the_check_and_its_use_is_refused(newcomer: User) -> None:
    challenge = newcomer.email_challenges.get()
    services._consume(challenge)
    with pytest.raises(InvalidCode):
        services._consume(challenge)


@pytest.mark.parametrize(("minutes", "accepted"), [(9.9, True), (10, False)])
def test_a_code_is_valid_for_ten_minutes(newcomer: User, minutes: float, accepted: bool) -> None:  # noqa: FBT001 - a table
    code = mailed_code(newcomer, VERIFY)
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        if accepted:
            services.verify_email(email=newcomer.email, code=code)
        else:
            with pytest.raises(InvalidCode):
                services.verify_email(email=newcomer.email, code=code)


def test_after_five_wrong_guesses_the_right_code_is_refused_too(newcomer: User) -> None:
    code = mailed_code(newcomer, VERIFY)
    for guess in [*[wrong(code)] * 5, code]:
        with pytest.raises(InvalidCode):
            services.verify_email(email=newcomer.email, code=guess)
    newcomer.refresh_from_db()
    assert newcomer.email_verified_at is None


def test_the_fifth_guess_may_still_be_right(newcomer: User) -> None:
    code = mailed_code(newcomer, VERIFY)
    for _ in range(4):
        with pytest.raises(InvalidCode):
            services.verify_email(email=newcomer.email, code=wrong(code))
    services.verify_email(email=newcomer.email, code=code)


def test_wrong_guesses_are_in_the_audit_log(newcomer: User) -> None:
    with pytest.raises(InvalidCode):
        services.verify_email(email=newcomer.email, code=wrong(mailed_code(newcomer, VERIFY)))
    assert audited("user.code_refused") == [{"purpose": "verify_email"}]


def test_a_new_code_voids_the_one_before(newcomer: User) -> None:
    old = mailed_code(newcomer, VERIFY)
    services.request_email_verification(email=newcomer.email)
    with pytest.raises(InvalidCode):
        services.verify_email(email=newcomer.email, code=old)
    services.verify_email(email=newcomer.email, code=mailed_code(newcomer, VERIFY))


def test_a_code_serves_one_purpose_only(newcomer: User) -> None:
    services.request_password_reset(email=newcomer.email)
    with pytest.raises(InvalidCode):
        services.verify_email(email=newcomer.email, code=mailed_code(newcomer, RESET))


def test_an_unknown_address_has_no_code() -> None:
    with pytest.raises(InvalidCode):
        services.verify_email(email="nobody@example.com", code="000000")


def test_a_verified_address_is_sent_no_further_code(ada: User) -> None:
    services.request_email_verification(email=ada.email)
    assert len(published("EmailVerificationRequested")) == 1


def test_an_unknown_address_is_sent_no_code() -> None:
    services.request_email_verification(email="nobody@example.com")
    services.request_password_reset(email="nobody@example.com")
    assert not OutboxEvent.objects.exists()


def test_at_most_five_codes_an_hour_are_mailed_for_one_purpose(ada: User) -> None:
    for _ in range(7):
        services.request_password_reset(email=ada.email)
    assert len(published("PasswordResetRequested")) == 5
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        services.request_password_reset(email=ada.email)
    assert len(published("PasswordResetRequested")) == 6


def test_login_starts_a_session_and_is_audited(ada: User) -> None:
    pair = services.login(email="ADA@example.com", password=PASSWORD)
    assert selectors.bearer(tokens.decode(pair.access, TokenType.ACCESS)).get() == ada
    ada.refresh_from_db()
    assert ada.last_login
    assert AuditEntry.objects.get(action="user.logged_in").actor_id == str(ada.public_id)


def test_a_wrong_password_is_refused_and_audited(ada: User) -> None:
    with pytest.raises(InvalidCredentials):
        services.login(email=ada.email, password="not it")
    assert audited("user.login_failed") == [{"reason": "invalid-credentials"}]
    assert not RefreshToken.objects.exists()


def test_refused_attempts_to_sign_in_are_counted(ada: User) -> None:
    def count() -> float:
        reason = {"reason": InvalidCredentials.code}
        return REGISTRY.get_sample_value("login_failures_total", reason) or 0

    before = count()
    for email in (ada.email, "nobody@example.com"):
        with pytest.raises(InvalidCredentials):
            services.login(email=email, password="not it")
    assert count() == before + 2


def test_an_unknown_address_is_refused_like_a_wrong_password(ada: User) -> None:
    with pytest.raises(InvalidCredentials) as unknown:
        services.login(email="nobody@example.com", password=PASSWORD)
    with pytest.raises(InvalidCredentials) as wrong_password:
        services.login(email=ada.email, password="not it")
    assert unknown.value.args == wrong_password.value.args


class CountingHasher(MD5PasswordHasher):
    """Counts the passwords hashed."""

    algorithm = "counting"
    count = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).count += 1
        return super().encode(password, salt)


def test_an_unknown_address_costs_as_many_hashes_as_a_wrong_password(
    settings: LazySettings,
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    User.objects.create_user("ada@example.com", PASSWORD, full_name="Ada")
    costs = []
    for email in ("ada@example.com", "nobody@example.com"):
        CountingHasher.count = 0
        with pytest.raises(InvalidCredentials):
            services.login(email=email, password="not it")
        costs.append(CountingHasher.count)
    assert costs == [1, 1]


class RacingHasher(MD5PasswordHasher):
    """Is so slow that the password is reset before it has compared the old one."""

    algorithm = "racing"

    def verify(self, password: str, encoded: str) -> bool:
        User.objects.update(password="reset meanwhile")
        return super().verify(password, encoded)


def test_a_password_reset_while_it_is_being_checked_no_longer_opens_a_session(
    settings: LazySettings, ada: User
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.RacingHasher"]
    ada.set_password(PASSWORD)
    ada.save()
    with pytest.raises(InvalidCredentials):
        services.login(email=ada.email, password=PASSWORD)
    assert not RefreshToken.objects.exists()


def test_an_unverified_user_cannot_log_in(newcomer: User) -> None:
    with pytest.raises(EmailNotVerified):
        services.login(email=newcomer.email, password=PASSWORD)
    assert audited("user.login_failed") == [{"reason": "email-not-verified"}]


def test_that_an_address_is_unverified_is_told_only_with_the_right_password(
    newcomer: User,
) -> None:
    with pytest.raises(InvalidCredentials):
        services.login(email=newcomer.email, password="not it")


def test_a_deactivated_user_cannot_log_in(ada: User) -> None:
    User.objects.update(is_active=False)
    with pytest.raises(InvalidCredentials):
        services.login(email=ada.email, password=PASSWORD)


def test_a_mailed_code_sets_a_new_password(ada: User) -> None:
    services.request_password_reset(email=ada.email)
    services.reset_password(
        email=ada.email, code=mailed_code(ada, RESET), new_password=NEW_PASSWORD
    )
    services.login(email=ada.email, password=NEW_PASSWORD)
    with pytest.raises(InvalidCredentials):
        services.login(email=ada.email, password=PASSWORD)


def test_a_new_password_ends_every_session(ada: User) -> None:
    pairs = [services.login(email=ada.email, password=PASSWORD) for _ in range(2)]
    services.request_password_reset(email=ada.email)
    services.reset_password(
        email=ada.email, code=mailed_code(ada, RESET), new_password=NEW_PASSWORD
    )
    for pair in pairs:
        assert not selectors.bearer(tokens.decode(pair.access, TokenType.ACCESS)).exists()
    assert audited("user.password_changed") == [{"by": "mailed code", "sessions_ended": 2}]


def test_resetting_the_password_proves_the_address(newcomer: User) -> None:
    services.request_password_reset(email=newcomer.email)
    services.reset_password(
        email=newcomer.email, code=mailed_code(newcomer, RESET), new_password=NEW_PASSWORD
    )
    services.login(email=newcomer.email, password=NEW_PASSWORD)


def test_resetting_the_password_keeps_the_date_of_an_earlier_proof(ada: User) -> None:
    verified_at = ada.email_verified_at
    services.request_password_reset(email=ada.email)
    services.reset_password(
        email=ada.email, code=mailed_code(ada, RESET), new_password=NEW_PASSWORD
    )
    ada.refresh_from_db()
    assert ada.email_verified_at == verified_at


def test_a_weak_new_password_does_not_use_the_code_up(ada: User) -> None:
    services.request_password_reset(email=ada.email)
    code = mailed_code(ada, RESET)
    with pytest.raises(InvalidInput) as refusal:
        services.reset_password(email=ada.email, code=code, new_password=ada.email)
    assert "new_password" in str(refusal.value.extensions["errors"])
    services.reset_password(email=ada.email, code=code, new_password=NEW_PASSWORD)


def test_a_wrong_reset_code_changes_nothing(ada: User) -> None:
    services.request_password_reset(email=ada.email)
    with pytest.raises(InvalidCode):
        services.reset_password(
            email=ada.email, code=wrong(mailed_code(ada, RESET)), new_password=NEW_PASSWORD
        )
    services.login(email=ada.email, password=PASSWORD)


def test_a_changed_name_is_stored_and_audited(ada: User) -> None:
    services.update_profile(user=ada, full_name="Ada King")
    ada.refresh_from_db()
    assert ada.full_name == "Ada King"
    assert audited("user.profile_updated") == [{"full_name": ["Ada Lovelace", "Ada King"]}]


def test_an_unchanged_name_leaves_no_trace(ada: User) -> None:
    services.update_profile(user=ada, full_name=ada.full_name)
    assert audited("user.profile_updated") == []


def test_what_expired_long_ago_is_deleted_and_the_rest_is_kept(ada: User) -> None:
    tokens.issue(ada)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        services.request_password_reset(email=ada.email)
        tokens.issue(ada)
        deleted = services.delete_expired_credentials()
        assert deleted == {"email_challenges": 1, "refresh_tokens": 0}
    with time_machine.travel(timezone.now() + timedelta(days=8, minutes=1)):
        deleted = services.delete_expired_credentials()
    assert deleted == {"email_challenges": 1, "refresh_tokens": 1}
    assert RefreshToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_that_counts_guesses_runs_where_a_caller_could_undo_it(ada: User) -> None:
    services.request_password_reset(email=ada.email)
    body = {"email": ada.email, "code": "000000", "new_password": NEW_PASSWORD}
    refresh = tokens.issue(ada).refresh
    with transaction.atomic():
        with pytest.raises(RuntimeError, match="durable"):
            services.login(email=ada.email, password="not it")
        with pytest.raises(RuntimeError, match="durable"):
            services.reset_password(**body)
        with pytest.raises(RuntimeError, match="durable"):
            tokens.rotate(refresh)
