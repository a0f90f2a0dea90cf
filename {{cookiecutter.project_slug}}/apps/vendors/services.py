"""Creating and changing vendor profiles."""

from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from apps.authentication.models import User
from apps.common import audit
from apps.common.errors import Extension
from apps.common.events import bus
from apps.vendors.errors import VendorExists
from apps.vendors.events import VendorChanged, VendorRenamed
from apps.vendors.models import SLUG_LENGTH, Vendor

SUFFIX_LENGTH = 12


class VendorChanges(TypedDict, total=False):
    """What a vendor may change about its profile; an absent key leaves the value as it is."""

    name: str
    description: str


def create_vendor(*, user: User, name: str, description: str = "") -> Vendor:
    """Create the profile under which the user sells.

    Raises:
        VendorExists: The user has one; nobody has two.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if Vendor.objects.filter(user=user).exists():
            raise VendorExists
        vendor = Vendor(user=user, name=name, description=description)
        _insert_with_slug(vendor)
        audit.record("vendor.created", vendor, slug=vendor.slug, **_recordable(vendor))
    return vendor


def update_vendor(*, vendor: Vendor, **changes: Unpack[VendorChanges]) -> Vendor:
    """Change the profile; what does not differ is neither written nor recorded."""
    with transaction.atomic():
        vendor = Vendor.objects.select_for_update().get(pk=vendor.pk)
        before = _recordable(vendor)
        for field, value in changes.items():
            setattr(vendor, field, value)
        if differences := audit.differences(before, _recordable(vendor)):
            vendor.save()
            audit.record("vendor.updated", vendor, **differences)
            bus.publish(VendorChanged(vendor_id=vendor.public_id))
        if "name" in differences:
            bus.publish(VendorRenamed(vendor_id=vendor.public_id))
    return vendor


def _insert_with_slug(vendor: Vendor) -> None:
    """Store a new vendor under a slug made from its name, made longer when that one is taken.

    The database decides, not a look beforehand, so two vendors of one name may arrive together.
    """
    base = slugify(vendor.name)[: SLUG_LENGTH - SUFFIX_LENGTH - 1].strip("-") or "vendor"
    vendor.slug = base
    try:
        with transaction.atomic():
            vendor.save(force_insert=True)
    except IntegrityError:
        vendor.slug = f"{base}-{vendor.public_id.hex[-SUFFIX_LENGTH:]}"
        vendor.save(force_insert=True)


def _recordable(vendor: Vendor) -> dict[str, Extension]:
    """The profile in the terms of the audit log."""
    return {"name": vendor.name, "description": vendor.description}
