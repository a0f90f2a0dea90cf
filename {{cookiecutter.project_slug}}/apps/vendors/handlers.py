"""What changes of vendors mean for what is kept in the cache."""

from apps.common.events import bus
from apps.vendors import selectors
from apps.vendors.events import VendorChanged


@bus.subscribe(VendorChanged)
def forget_vendor(event: VendorChanged) -> None:
    """Let the profile be read anew."""
    selectors.vendor_document.invalidate(event.vendor_id)
