"""What the tests of authentication share."""

import pytest

from apps.authentication import services
from apps.authentication.models import EmailChallenge, User
from apps.authentication.tests.support import PASSWORD, mailed_code


@pytest.fixture
def newcomer(db: None) -> User:
    """Somebody who has registered and not verified their address yet."""
    return services.register(email="ada@example.com", password=PASSWORD, full_name="Ada Lovelace")


@pytest.fixture
def ada(newcomer: User) -> User:
    """Somebody who has registered and verified their address."""
    code = mailed_code(newcomer, EmailChallenge.Purpose.VERIFY_EMAIL)
    services.verify_email(email=newcomer.email, code=code)
    newcomer.refresh_from_db()
    return newcomer
