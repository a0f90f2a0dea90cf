"""What holds when requests arrive at the same instant."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from apps.authentication import services, tokens
from apps.authentication.errors import EmailTaken, InvalidCode, RefreshTokenAlreadyUsed
from apps.authentication.models import EmailChallenge, User
from apps.authentication.tests.support import PASSWORD, mailed_code, wrong

pytestmark = pytest.mark.django_db(transaction=True)

VERIFY, RESET = EmailChallenge.Purpose


def at_once(callers: int, call: Callable[[], object]) -> Counter[str]:
    """Run a call in several threads; how often it succeeded and how often each error was raised."""
    start = Barrier(callers)

    def run(_caller: int) -> str:
        try:
            start.wait()
            call()
        except Exception as error:  # noqa: BLE001 - the outcome is what is tested
            return type(error).__name__
        else:
            return "success"
        finally:
            connection.close()

    with ThreadPoolExecutor(callers) as pool:
        return Counter(pool.map(run, range(callers)))


def test_of_eight_refreshes_with_one_token_exactly_one_succeeds(customer: User) -> None:
    refresh = tokens.issue(customer).refresh
    outcomes = at_once(8, lambda: tokens.rotate(refresh))
    assert outcomes == {"success": 1, RefreshTokenAlreadyUsed.__name__: 7}


def test_guesses_made_at_once_share_five_attempts(newcomer: User) -> None:
    code = mailed_code(newcomer, VERIFY)
    outcomes = at_once(12, lambda: services.verify_email(email=newcomer.email, code=wrong(code)))
    assert outcomes == {InvalidCode.__name__: 12}
    assert newcomer.email_challenges.get().attempts == services.CODE_ATTEMPTS


def test_a_code_sent_eight_times_at_once_is_accepted_once(newcomer: User) -> None:
    code = mailed_code(newcomer, VERIFY)
    outcomes = at_once(8, lambda: services.verify_email(email=newcomer.email, code=code))
    assert outcomes == {"success": 1, InvalidCode.__name__: 7}


def test_of_eight_registrations_of_one_address_exactly_one_succeeds() -> None:
    outcomes = at_once(
        8,
        lambda: services.register(email="eve@example.com", password=PASSWORD, full_name="Eve"),
    )
    assert outcomes == {"success": 1, EmailTaken.__name__: 7}


def test_codes_requested_at_once_stay_within_the_hourly_limit(customer: User) -> None:
    outcomes = at_once(8, lambda: services.request_password_reset(email=customer.email))
    assert outcomes == {"success": 8}
    assert customer.email_challenges.count() == services.CODES_PER_HOUR
