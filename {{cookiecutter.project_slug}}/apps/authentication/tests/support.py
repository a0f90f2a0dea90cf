"""Codes and passwords as a person has them."""

from apps.authentication import selectors
from apps.authentication.models import EmailChallenge, User

PASSWORD = "a long enough secret"


def mailed_code(user: User, purpose: EmailChallenge.Purpose) -> str:
    """The code in the latest e-mail of its kind to a user."""
    challenge = selectors.latest_challenge(email=user.email, purpose=purpose)
    assert challenge is not None
    return selectors.challenge_code(challenge)


def wrong(code: str) -> str:
    """A code that differs in one digit."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)
