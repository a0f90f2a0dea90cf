"""Vendor profiles in the admin site."""

from django.contrib import admin

from apps.common.admin import AuditedModelAdmin
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
