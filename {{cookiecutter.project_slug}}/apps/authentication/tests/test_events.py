"""What authentication tells the other domains."""

import uuid

from apps.authentication.events import (
    EmailVerificationRequested,
    PasswordResetRequested,
    UserRegistered,
)

ID = uuid.UUID(int=7)


def test_events_of_one_account_keep_their_order() -> None:
    assert UserRegistered(user_id=ID, email="ada@example.com").aggregate == f"user:{ID}"


def test_codes_are_mailed_independently_of_each_other() -> None:
    assert EmailVerificationRequested(challenge_id=ID).aggregate == f"email-challenge:{ID}"
    assert PasswordResetRequested(challenge_id=ID).aggregate == f"email-challenge:{ID}"
