"""Reads."""

import re

import pytest
from asgiref.sync import async_to_sync
from django.conf import LazySettings
from pytest_django import DjangoAssertNumQueries

from apps.authentication import selectors, services, tokens
from apps.authentication.models import EmailChallenge, User

pytestmark = pytest.mark.django_db

VERIFY, RESET = EmailChallenge.Purpose


def challenge(user: User, purpose: EmailChallenge.Purpose) -> EmailChallenge:
    found = selectors.latest_challenge(email=user.email, purpose=purpose)
    assert found is not None
    return found


def test_the_bearer_of_a_token_is_found_with_one_query(
    customer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    claims = tokens.decode(tokens.issue(customer).access, tokens.TokenType.ACCESS)
    with django_assert_num_queries(1):
        assert selectors.bearer(claims).get() == customer


def test_the_bearer_can_be_awaited(customer: User) -> None:
    claims = tokens.decode(tokens.issue(customer).access, tokens.TokenType.ACCESS)
    assert async_to_sync(selectors.bearer(claims).afirst)() == customer


def test_a_code_is_six_digits_and_the_same_each_time(newcomer: User) -> None:
    code = selectors.challenge_code(challenge(newcomer, VERIFY))
    assert re.fullmatch(r"\d{6}", code)
    assert selectors.challenge_code(challenge(newcomer, VERIFY)) == code


def test_codes_begin_with_zeros_as_often_as_with_anything_else() -> None:
    codes = [selectors.challenge_code(EmailChallenge(purpose=VERIFY)) for _ in range(300)]
    assert all(len(code) == 6 for code in codes)
    assert {code[0] for code in codes} == set("0123456789")


def test_a_code_depends_on_the_purpose_and_on_the_secret_key(settings: LazySettings) -> None:
    one = EmailChallenge(purpose=VERIFY)
    codes = {selectors.challenge_code(one)}
    codes.add(selectors.challenge_code(EmailChallenge(purpose=RESET, public_id=one.public_id)))
    settings.SECRET_KEY = "another secret key"
    codes.add(selectors.challenge_code(one))
    assert len(codes) == 3


def test_the_latest_challenge_is_the_one_that_counts(newcomer: User) -> None:
    first = challenge(newcomer, VERIFY)
    services.request_email_verification(email=newcomer.email)
    assert challenge(newcomer, VERIFY) != first


def test_a_deactivated_user_has_no_challenge(newcomer: User) -> None:
    User.objects.update(is_active=False)
    assert selectors.latest_challenge(email=newcomer.email, purpose=VERIFY) is None
