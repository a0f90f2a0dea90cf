"""What the inventory tells the other domains."""

from uuid import UUID

from apps.common.events import Event


class StockDepleted(Event):
    """The last free unit of a product has been promised or removed."""

    product_id: UUID

    @property
    def aggregate(self) -> str:
        """Events about one product arrive in order."""
        return f"product:{self.product_id}"
