"""What authentication tells the other domains."""

from uuid import UUID

from apps.common.events import Event


class UserRegistered(Event):
    """An account was created; its address is not verified yet."""

    user_id: UUID
    email: str

    @property
    def aggregate(self) -> str:
        """The account."""
        return f"user:{self.user_id}"


class EmailVerificationRequested(Event):
    """A code that verifies an address waits to be mailed."""

    challenge_id: UUID

    @property
    def aggregate(self) -> str:
        """The challenge."""
        return f"email-challenge:{self.challenge_id}"


class PasswordResetRequested(Event):
    """A code that allows a new password waits to be mailed."""

    challenge_id: UUID

    @property
    def aggregate(self) -> str:
        """The challenge."""
        return f"email-challenge:{self.challenge_id}"
