"""Payments can be looked at, and changed by nobody but the gateway."""

from django.contrib import admin

from apps.common.admin import ReadOnlyModelAdmin
from apps.payments.models import FakeCharge, Payment, WebhookEvent


@admin.register(Payment)
class PaymentAdmin(ReadOnlyModelAdmin[Payment]):
    """Payments, newest first."""

    list_display = ("public_id", "order", "amount", "currency", "status", "attempts", "created_at")
    list_filter = ("status", "gateway")
    list_select_related = ("order",)
    search_fields = ("public_id", "order__public_id", "gateway_reference")
    ordering = ("-id",)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyModelAdmin[WebhookEvent]):
    """Gateway events; those not processed were refused."""

    list_display = ("event_id", "gateway", "processed", "received_at")
    list_filter = ("processed", "gateway")
    search_fields = ("event_id",)
    ordering = ("-id",)


@admin.register(FakeCharge)
class FakeChargeAdmin(ReadOnlyModelAdmin[FakeCharge]):
    """The fake bank's books."""

    list_display = ("public_id", "amount", "currency", "method", "outcome", "created_at")
    list_filter = ("outcome", "method")
    search_fields = ("idempotency_key",)
    ordering = ("-id",)
