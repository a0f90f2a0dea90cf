"""Accounts."""

import pytest
from django.db import IntegrityError

from apps.authentication.models import EmailChallenge, RefreshToken, User
from apps.common.roles import Role

pytestmark = pytest.mark.django_db


def test_an_address_is_stored_lower_cased_and_without_surrounding_space() -> None:
    user = User.objects.create_user("  Ada.Lovelace@Example.COM ", "secret", full_name="Ada")
    assert user.email == "ada.lovelace@example.com"


def test_compatible_characters_are_one_spelling() -> None:
    assert (
        User.objects.normalize_email("ada@\N{FULLWIDTH LATIN SMALL LETTER E}xample.com")
        == "ada@example.com"
    )


def test_no_address_is_the_empty_one() -> None:
    assert User.objects.normalize_email(None) == ""


def test_an_account_is_found_by_any_capitalisation(customer: User) -> None:
    assert User.objects.get_by_natural_key(customer.email.upper()) == customer


def test_two_capitalisations_cannot_be_two_accounts(customer: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.create_user(customer.email.title(), "secret", full_name="Impostor")


def test_the_database_refuses_an_address_that_was_not_normalised(customer: User) -> None:
    with pytest.raises(IntegrityError, match="user_email_is_lowercase"):
        User.objects.filter(pk=customer.pk).update(email="Ada@example.com")


def test_the_database_refuses_an_unknown_role(customer: User) -> None:
    with pytest.raises(IntegrityError, match="user_role_is_known"):
        User.objects.filter(pk=customer.pk).update(role="emperor")


def test_validation_normalises_the_address() -> None:
    user = User(email="Ada@Example.com", full_name="Ada", password="hash")
    user.full_clean()
    assert user.email == "ada@example.com"


def test_without_a_password_nobody_can_log_in() -> None:
    assert not User.objects.create_user("ada@example.com", full_name="Ada").has_usable_password()


def test_a_superuser_is_verified_staff_with_access_to_the_admin_site() -> None:
    user = User.objects.create_superuser("root@example.com", "secret", full_name="Root")
    assert user.is_superuser
    assert user.is_staff
    assert user.role == Role.STAFF
    assert user.email_verified_at


def test_a_user_is_called_by_name_and_by_address_when_there_is_none() -> None:
    assert User(full_name="Ada Lovelace").get_full_name() == "Ada Lovelace"
    assert User(full_name="Ada Lovelace").get_short_name() == "Ada Lovelace"
    assert User(email="ada@example.com").get_short_name() == "ada@example.com"


def test_nothing_secret_is_in_how_records_call_themselves(customer: User) -> None:
    token = RefreshToken(user=customer)
    challenge = EmailChallenge(user=customer, purpose=EmailChallenge.Purpose.VERIFY_EMAIL)
    assert str(token) == str(token.family)
    assert str(challenge) == f"verify_email {challenge.public_id}"
