"""The base of every table, and the tables that every domain shares."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from apps.common.ids import uuid7


class BaseModel(models.Model):
    """A numeric key inside, a time-ordered UUID outside, and when it came and changed."""

    public_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


class OutboxEvent(models.Model):
    """A published event on its way to its handlers, stored with the change it tells of."""

    event_id = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=100)
    aggregate = models.CharField(max_length=100, help_text="Events of one aggregate keep order.")
    payload = models.JSONField()
    context = models.JSONField(default=dict, help_text="Request and user it was published for.")
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)
    abandoned_at = models.DateTimeField(null=True, help_text="When its last attempt failed.")
    next_attempt_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    handled_by = models.JSONField(default=list, help_text="Handlers that are done with it.")
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(delivered_at=None, abandoned_at=None),
                name="outbox_pending",
            ),
            models.Index(
                fields=["delivered_at"],
                condition=Q(delivered_at__isnull=False),
                name="outbox_delivered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.aggregate}"


class IdempotencyKey(models.Model):
    """The stored answer to a request that must not run twice."""

    scope = models.CharField(max_length=255, help_text="Caller, method and path.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="Keyed hash of the request body.")
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


class AuditEntry(models.Model):
    """Who did what to what, and when; written once, never changed."""

    action = models.CharField(max_length=100)
    target_type = models.CharField(max_length=100)
    target_id = models.UUIDField(help_text="Public id of what was acted upon.")
    actor_id = models.CharField(max_length=36, blank=True, help_text="Public id of the user.")
    request_id = models.CharField(max_length=64, blank=True)
    client_ip = models.CharField(max_length=45, blank=True)
    changes = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["target_id"], name="audit_target"),
            models.Index(fields=["request_id"], name="audit_request"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target_id}"
