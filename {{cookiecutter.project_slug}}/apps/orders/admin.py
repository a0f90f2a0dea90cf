"""Orders, for the people who run the shop."""

from django.contrib import admin

from apps.common.admin import ReadOnlyModelAdmin
from apps.orders.models import Order, OrderItem


class OrderItemInline(admin.TabularInline[OrderItem, Order]):
    """The lines of an order."""

    model = OrderItem
    fields = readonly_fields = ("product_name", "unit_price", "quantity")
    extra = 0
    can_delete = False


@admin.register(Order)
class OrderAdmin(ReadOnlyModelAdmin[Order]):
    """Orders change through their services only."""

    list_display = ("public_id", "customer", "status", "total_amount", "currency", "created_at")
    list_filter = ("status",)
    list_select_related = ("customer",)
    search_fields = ("public_id", "customer__email")
    inlines = (OrderItemInline,)
