"""Background tasks as JSON."""

from django.tasks import TaskResultStatus
from rest_framework import serializers

from apps.tasks.selectors import TaskProgress


class TaskSerializer(serializers.Serializer[TaskProgress]):
    """How far a task has come."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(TaskResultStatus.choices)
    enqueued_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True, help_text="When it was first tried.")
    finished_at = serializers.DateTimeField(allow_null=True)
    attempts = serializers.IntegerField()
    error_class = serializers.CharField(
        allow_null=True, help_text="What its latest failure raised; only staff see it."
    )
