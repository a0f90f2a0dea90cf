"""The sent e-mails can be looked up, not changed."""

from django.contrib import admin

from apps.common.admin import ReadOnlyModelAdmin
from apps.notifications.models import Notification


@admin.register(Notification)
class NotificationAdmin(ReadOnlyModelAdmin[Notification]):
    """E-mails, latest first."""

    list_display = ("sent_at", "kind", "recipient", "subject", "dedup_key")
    list_filter = ("kind",)
    search_fields = ("recipient", "dedup_key")
    ordering = ("-id",)
