"""Reading vendor profiles."""

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from apps.authentication.models import User
from apps.common.caching import cached
from apps.common.errors import NotFound
from apps.vendors.errors import VendorProfileMissing
from apps.vendors.models import Vendor


def active_vendors() -> QuerySet[Vendor]:
    """The vendors that customers may see."""
    return Vendor.objects.filter(is_active=True)


def vendor_detail(public_id: UUID) -> Vendor:
    """One active vendor.

    Raises:
        NotFound: There is none with this id.
    """
    vendor = active_vendors().filter(public_id=public_id).first()
    if vendor is None:
        raise NotFound("There is no such vendor.")
    return vendor


@cached("vendor", timedelta(minutes=10))
def vendor_document(public_id: UUID) -> dict[str, str]:
    """One active vendor, as the API shows it.

    Raises:
        NotFound: There is none with this id.
    """
    vendor = vendor_detail(public_id)
    return {
        "id": str(vendor.public_id),
        "name": vendor.name,
        "slug": vendor.slug,
        "description": vendor.description,
        "created_at": f"{vendor.created_at:%Y-%m-%dT%H:%M:%S.%fZ}",
    }


def vendor_of(user: User) -> Vendor:
    """The profile of a user, active or not.

    Raises:
        VendorProfileMissing: The user has not created it yet.
    """
    vendor = Vendor.objects.filter(user=user).first()
    if vendor is None:
        raise VendorProfileMissing
    return vendor
