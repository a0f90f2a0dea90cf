"""Writes: giving tasks that have failed another chance."""

from uuid import UUID

from django.tasks.exceptions import TaskResultDoesNotExist

from apps.common import audit
from apps.common.errors import Conflict, NotFound
from apps.common.task_backends.base import default_backend


def requeue_task(*, task_id: UUID) -> None:
    """Let a task that has failed start anew, with all its attempts.

    Raises:
        NotFound: There is none with this id.
        Conflict: It has not failed, or somebody else has just requeued it.
    """
    try:
        requeued = default_backend().requeue(str(task_id))
    except TaskResultDoesNotExist:
        raise NotFound("There is no such task.") from None
    if not requeued:
        raise Conflict("The task has not failed.")
    audit.record_named("task.requeued", "tasks.task", task_id)
