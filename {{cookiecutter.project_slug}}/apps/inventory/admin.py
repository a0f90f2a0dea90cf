"""Stock in the admin site."""

from django.contrib import admin

from apps.common.admin import ReadOnlyModelAdmin
from apps.inventory.models import Reservation, StockItem


@admin.register(StockItem)
class StockItemAdmin(ReadOnlyModelAdmin[StockItem]):
    """What there is. It is changed over the API, where every change locks its row first."""

    list_display = ("product", "on_hand", "reserved", "available", "updated_at")
    list_select_related = ("product",)
    search_fields = ("product__name", "product__slug")


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyModelAdmin[Reservation]):
    """Who was promised what."""

    list_display = ("reference", "product", "quantity", "status", "updated_at")
    list_filter = ("status",)
    list_select_related = ("product",)
    search_fields = ("reference", "product__name")
