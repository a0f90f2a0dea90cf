import pytest
from django.test import Client
from pytest_django import Settings

from apps.authentication.models import User
from apps.common.errors import NotFound
from apps.common.models import AuditEntry
from apps.vendors.models import Vendor
from apps.vendors.selectors import vendor_document
from apps.vendors.services import create_vendor, update_vendor
from conftest import RunTasks


def test_staff_suspend_a_vendor(admin_client: Client, vendor_user: User) -> None:
    vendor = create_vendor(user=vendor_user, name="Ada")
    url = f"/admin/vendors/vendor/{vendor.pk}/change/"

    response = admin_client.post(url, {"user": vendor_user.pk, "name": "Ada", "slug": "ada"})

    assert response.status_code == 302
    assert not Vendor.objects.get().is_active
    assert AuditEntry.objects.filter(action="vendor.changed", target_id=vendor.public_id).exists()


def test_customers_see_neither_an_old_profile_nor_that_of_a_suspended_vendor(
    admin_client: Client, vendor_user: User, settings: Settings, run_tasks: RunTasks
) -> None:
    settings.CACHE_IS_SHARED = True
    vendor = create_vendor(user=vendor_user, name="Ada")
    assert vendor_document(vendor.public_id)["description"] == ""

    update_vendor(vendor=vendor, description="Hats.")
    run_tasks()
    assert vendor_document(vendor.public_id)["description"] == "Hats."

    admin_client.post(
        f"/admin/vendors/vendor/{vendor.pk}/change/",
        {"user": vendor_user.pk, "name": "Ada", "slug": "ada"},
    )
    run_tasks()
    with pytest.raises(NotFound):
        vendor_document(vendor.public_id)


def test_staff_search_the_vendors(admin_client: Client, vendor_user: User) -> None:
    create_vendor(user=vendor_user, name="Ada")

    response = admin_client.get("/admin/vendors/vendor/", {"q": "vendor@example.com"})

    assert "Ada" in response.text
