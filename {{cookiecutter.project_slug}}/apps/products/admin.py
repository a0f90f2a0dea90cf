"""The catalogue in the admin site."""

from django.contrib import admin

from apps.common.admin import AuditedModelAdmin
from apps.products.models import Category, Product


@admin.register(Category)
class CategoryAdmin(AuditedModelAdmin[Category]):
    """Where the headings of the catalogue are kept."""

    list_display = ("name", "parent", "slug")
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Product)
class ProductAdmin(AuditedModelAdmin[Product]):
    """Where staff correct products, hide them and add their images."""

    list_display = ("name", "vendor", "category", "price", "currency", "is_active")
    list_filter = ("is_active", "category")
    list_select_related = ("vendor", "category")
    search_fields = ("name", "slug", "vendor__name")
    autocomplete_fields = ("vendor", "category")
    prepopulated_fields = {"slug": ("name",)}
