"""Vendor profiles in the admin site."""

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from apps.common.admin import AuditedModelAdmin
from apps.common.events import bus
from apps.vendors.events import VendorChanged, VendorRenamed
from apps.vendors.models import Vendor


@admin.register(Vendor)
class VendorAdmin(AuditedModelAdmin[Vendor]):
    """Where staff create, correct and suspend vendors."""

    list_display = ("name", "user", "is_active", "created_at")
    list_filter = ("is_active",)
    list_select_related = ("user",)
    search_fields = ("name", "slug", "user__email")
    autocomplete_fields = ("user",)
    prepopulated_fields = {"slug": ("name",)}

    def save_model(
        self,
        request: HttpRequest,
        obj: Vendor,
        form: ModelForm[Vendor],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Save, and tell of a change."""
        super().save_model(request, obj, form, change)
        if change:
            bus.publish(VendorChanged(vendor_id=obj.public_id))
        if change and "name" in form.changed_data:
            bus.publish(VendorRenamed(vendor_id=obj.public_id))
