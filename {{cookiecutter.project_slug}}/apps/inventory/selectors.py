"""Reading stock."""

from apps.inventory.models import StockItem
from apps.products.models import Product


def available(product: Product) -> int:
    """The units of a product that are free to sell; none when it was never stocked."""
    stock = StockItem.objects.filter(product=product).first()
    return stock.available if stock else 0
