"""What new names mean for the products found by them, and changes for what is kept in the cache."""

from apps.common.events import bus
from apps.products import selectors, services
from apps.products.events import CategoryChanged, CategoryRenamed
from apps.products.models import Product
from apps.vendors.events import VendorRenamed


@bus.subscribe(VendorRenamed)
def copy_vendor_name(event: VendorRenamed) -> None:
    """Let a search find what the vendor sells by its new name."""
    services.copy_names(Product.objects.filter(vendor__public_id=event.vendor_id))


@bus.subscribe(CategoryRenamed)
def copy_category_name(event: CategoryRenamed) -> None:
    """Let a search find what is in the category by its new name."""
    services.copy_names(Product.objects.filter(category__public_id=event.category_id))


@bus.subscribe(CategoryChanged)
def forget_categories(_event: CategoryChanged) -> None:
    """Let the categories be read anew."""
    selectors.category_documents.invalidate()
