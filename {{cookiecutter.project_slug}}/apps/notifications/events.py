"""What notifications tell the other domains."""

from uuid import UUID

from apps.common.events import Event


class EmailSent(Event):
    """The mail server accepted an e-mail."""

    notification_id: UUID
    kind: str

    @property
    def aggregate(self) -> str:
        """The notification."""
        return f"notification:{self.notification_id}"
