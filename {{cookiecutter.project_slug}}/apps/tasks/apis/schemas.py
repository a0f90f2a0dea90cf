"""What background tasks look like in version 2, which is what they look like in version 1."""

from uuid import UUID

from django.tasks import TaskResultStatus
from ninja import Schema

from apps.common.async_ninja.schemas import Instant


class TaskSchema(Schema):
    """How far a task has come; only staff see what its latest failure raised."""

    id: UUID
    status: TaskResultStatus
    enqueued_at: Instant | None
    started_at: Instant | None
    finished_at: Instant | None
    attempts: int
    error_class: str | None
