"""What happens to the catalogue."""

from uuid import UUID

from apps.common.events import Event


class CategoryChanged(Event):
    """A category is new, is gone, or is not what it was."""

    category_id: UUID

    @property
    def aggregate(self) -> str:
        """The category."""
        return f"category:{self.category_id}"


class CategoryRenamed(Event):
    """A category goes by another name."""

    category_id: UUID

    @property
    def aggregate(self) -> str:
        """The category."""
        return f"category:{self.category_id}"
