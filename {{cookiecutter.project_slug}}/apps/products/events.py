"""What happens to the catalogue."""

from uuid import UUID

from apps.common.events import Event


class CategoryRenamed(Event):
    """A category goes by another name."""

    category_id: UUID

    @property
    def aggregate(self) -> str:
        """The category."""
        return f"category:{self.category_id}"
