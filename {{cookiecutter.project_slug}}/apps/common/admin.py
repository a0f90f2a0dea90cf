"""The admin of the shared tables, and the base of every other one."""

from django.contrib import admin
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

from apps.common import audit, context
from apps.common.models import AuditEntry, BaseModel, OutboxEvent


class AuditedModelAdmin[M: BaseModel](admin.ModelAdmin[M]):
    """Writes an audit row for whatever is saved or deleted here."""

    def save_model(self, request: HttpRequest, obj: M, form: ModelForm[M], change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Save, and record which fields were changed (never their values)."""
        super().save_model(request, obj, form, change)
        self._record(request, obj, "changed" if change else "added", form.changed_data)

    def delete_model(self, request: HttpRequest, obj: M) -> None:
        """Record, and delete."""
        self._record(request, obj, "deleted", [])
        super().delete_model(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Deleting goes object by object, so that each leaves its audit row."""
        return obj is not None and super().has_delete_permission(request, obj)

    def _record(self, request: HttpRequest, obj: M, verb: str, fields: list[str]) -> None:
        context.bind_actor(getattr(request.user, "public_id", ""))
        audit.record(f"{obj._meta.model_name}.{verb}", obj, fields=[*fields], source="admin")


class ReadOnlyModelAdmin[M: Model](admin.ModelAdmin[M]):
    """For tables that only the program writes."""

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: M | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: M | None = None) -> bool:
        """Nobody."""
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyModelAdmin[AuditEntry]):
    """Who did what."""

    list_display = ("created_at", "action", "target_type", "target_id", "actor_id", "request_id")
    list_filter = ("action", "target_type")
    search_fields = ("target_id", "actor_id", "request_id")


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyModelAdmin[OutboxEvent]):
    """What was published, and what became of it."""

    list_display = ("created_at", "name", "aggregate", "attempts", "delivered_at", "abandoned_at")
    list_filter = ("name",)
    search_fields = ("aggregate", "event_id")
