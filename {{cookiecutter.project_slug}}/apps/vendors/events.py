"""What vendors tell the other domains."""

from uuid import UUID

from apps.common.events import Event


class VendorChanged(Event):
    """The profile of a vendor is not what it was; it may be hidden now, or shown again."""

    vendor_id: UUID

    @property
    def aggregate(self) -> str:
        """The vendor."""
        return f"vendor:{self.vendor_id}"


class VendorRenamed(Event):
    """A vendor goes by another name."""

    vendor_id: UUID

    @property
    def aggregate(self) -> str:
        """The vendor."""
        return f"vendor:{self.vendor_id}"
