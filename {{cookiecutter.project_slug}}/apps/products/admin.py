"""The catalogue in the admin site."""

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from apps.common.admin import AuditedModelAdmin
from apps.common.events import bus
from apps.products.events import CategoryChanged, CategoryRenamed
from apps.products.models import Category, Product


@admin.register(Category)
class CategoryAdmin(AuditedModelAdmin[Category]):
    """Where the headings of the catalogue are kept."""

    list_display = ("name", "parent", "slug")
    list_select_related = ("parent",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("parent",)
    prepopulated_fields = {"slug": ("name",)}

    def save_model(
        self,
        request: HttpRequest,
        obj: Category,
        form: ModelForm[Category],
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Save, and tell of it."""
        super().save_model(request, obj, form, change)
        bus.publish(CategoryChanged(category_id=obj.public_id))
        if change and "name" in form.changed_data:
            bus.publish(CategoryRenamed(category_id=obj.public_id))

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        """Delete, and tell of it."""
        super().delete_model(request, obj)
        bus.publish(CategoryChanged(category_id=obj.public_id))


@admin.register(Product)
class ProductAdmin(AuditedModelAdmin[Product]):
    """Where staff correct products, hide them and add their images."""

    list_display = ("name", "vendor", "category", "price", "currency", "is_active")
    list_filter = ("is_active", "category")
    list_select_related = ("vendor", "category")
    search_fields = ("name", "slug", "vendor__name")
    autocomplete_fields = ("vendor", "category")
    prepopulated_fields = {"slug": ("name",)}
