from django.test import Client

from apps.authentication.models import User
from apps.common.models import AuditEntry
from apps.vendors.models import Vendor
from apps.vendors.services import create_vendor


def test_staff_suspend_a_vendor(admin_client: Client, vendor_user: User) -> None:
    vendor = create_vendor(user=vendor_user, name="Ada")
    url = f"/admin/vendors/vendor/{vendor.pk}/change/"

    response = admin_client.post(url, {"user": vendor_user.pk, "name": "Ada", "slug": "ada"})

    assert response.status_code == 302
    assert not Vendor.objects.get().is_active
    assert AuditEntry.objects.filter(action="vendor.changed", target_id=vendor.public_id).exists()


def test_staff_search_the_vendors(admin_client: Client, vendor_user: User) -> None:
    create_vendor(user=vendor_user, name="Ada")

    response = admin_client.get("/admin/vendors/vendor/", {"q": "vendor@example.com"})

    assert "Ada" in response.text
