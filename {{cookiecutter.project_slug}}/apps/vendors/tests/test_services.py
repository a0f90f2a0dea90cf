import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from apps.authentication.models import User
from apps.common.models import AuditEntry, OutboxEvent
from apps.vendors.errors import VendorExists
from apps.vendors.models import Vendor
from apps.vendors.services import create_vendor, update_vendor


def test_a_vendor_gets_a_slug_from_its_name(vendor_user: User) -> None:
    vendor = create_vendor(user=vendor_user, name="Ada's Atelier", description="Hats.")

    assert (vendor.slug, vendor.description) == ("adas-atelier", "Hats.")
    assert vendor.is_active
    assert vendor.is_owned_by(vendor_user)
    assert str(vendor) == "Ada's Atelier"


def test_a_user_has_one_profile(vendor_user: User, customer: User) -> None:
    vendor = create_vendor(user=vendor_user, name="Ada")

    with pytest.raises(VendorExists):
        create_vendor(user=vendor_user, name="Ada again")
    assert not vendor.is_owned_by(customer)
    assert Vendor.objects.count() == 1


def test_vendors_of_one_name_get_slugs_of_their_own(vendor_user: User, staff_user: User) -> None:
    first = create_vendor(user=vendor_user, name="Ada")
    second = create_vendor(user=staff_user, name="Ada")

    assert first.slug == "ada"
    assert second.slug.startswith("ada-")


def test_creating_a_profile_leaves_an_audit_row(vendor_user: User) -> None:
    vendor = create_vendor(user=vendor_user, name="Ada", description="Hats.")

    entry = AuditEntry.objects.get(action="vendor.created")
    assert entry.target_id == vendor.public_id
    assert entry.changes == {"slug": "ada", "name": "Ada", "description": "Hats."}


def test_a_change_of_name_leaves_the_slug_and_records_the_old_name(vendor_user: User) -> None:
    vendor = create_vendor(user=vendor_user, name="Ada", description="Hats.")

    changed = update_vendor(vendor=vendor, name="Lovelace", description="Hats.")

    assert (changed.name, changed.slug) == ("Lovelace", "ada")
    entry = AuditEntry.objects.get(action="vendor.updated")
    assert entry.changes == {"name": ["Ada", "Lovelace"]}


def told() -> set[str]:
    return set(OutboxEvent.objects.values_list("name", flat=True))


def test_a_change_is_told_of_and_a_new_name_once_more(vendor_user: User) -> None:
    vendor = create_vendor(user=vendor_user, name="Ada")

    update_vendor(vendor=vendor, description="Hats.")
    assert told() == {"VendorChanged"}
    update_vendor(vendor=vendor, name="Lovelace")

    assert told() == {"VendorChanged", "VendorRenamed"}
    event = OutboxEvent.objects.get(name="VendorRenamed")
    assert event.payload == {"vendor_id": str(vendor.public_id)}


def test_a_change_to_the_same_values_is_not_recorded(vendor_user: User) -> None:
    vendor = create_vendor(user=vendor_user, name="Ada")

    changed = update_vendor(vendor=vendor, name="Ada")

    assert changed.updated_at == vendor.updated_at
    assert not AuditEntry.objects.filter(action="vendor.updated").exists()


class AnyNameTest(TestCase):
    @settings(max_examples=50, deadline=None)
    @given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=120))
    def test_two_vendors_of_any_one_name_get_valid_slugs(self, name: str) -> None:
        for email in ("one@example.com", "two@example.com"):
            user = User.objects.create_user(email=email, full_name="A vendor")
            Vendor.slug.field.clean(create_vendor(user=user, name=name).slug, None)
