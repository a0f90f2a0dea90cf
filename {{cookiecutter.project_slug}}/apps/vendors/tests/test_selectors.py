from uuid import uuid4

import pytest

from apps.authentication.models import User
from apps.common.errors import NotFound
from apps.vendors import selectors
from apps.vendors.errors import VendorProfileMissing
from apps.vendors.models import Vendor
from apps.vendors.services import create_vendor


@pytest.fixture
def vendor(vendor_user: User) -> Vendor:
    return create_vendor(user=vendor_user, name="Ada")


def test_customers_see_active_vendors(vendor: Vendor) -> None:
    assert list(selectors.active_vendors()) == [vendor]
    assert selectors.vendor_detail(vendor.public_id) == vendor


def test_customers_do_not_see_a_suspended_vendor(vendor: Vendor) -> None:
    Vendor.objects.update(is_active=False)

    assert not selectors.active_vendors().exists()
    with pytest.raises(NotFound):
        selectors.vendor_detail(vendor.public_id)


@pytest.mark.django_db
def test_an_unknown_id_names_no_vendor() -> None:
    with pytest.raises(NotFound):
        selectors.vendor_detail(uuid4())


def test_a_user_finds_their_profile_even_when_suspended(vendor: Vendor, vendor_user: User) -> None:
    Vendor.objects.update(is_active=False)

    assert selectors.vendor_of(vendor_user) == vendor


def test_a_user_without_a_profile_is_told_so(customer: User) -> None:
    with pytest.raises(VendorProfileMissing):
        selectors.vendor_of(customer)
