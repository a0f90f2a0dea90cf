"""Reading what has become of background tasks, whichever backend has them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID

from django.tasks import TaskResult, TaskResultStatus, task_backends
from django.tasks.exceptions import TaskResultDoesNotExist

from apps.authentication.models import User
from apps.common.errors import NotFound
from apps.common.roles import Role
from apps.common.task_backends.base import default_backend


class Backend(Protocol):
    """What every backend of `TASKS` is asked."""

    def get_result(self, result_id: str) -> "TaskResult[..., Any]":
        """A stored task, or `TaskResultDoesNotExist`."""
        ...

    def requested_by(self, result: "TaskResult[..., Any]") -> str | None:
        """The user whose request has led to it, by public id."""
        ...


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """How far a task has come; nothing of what it was given or has returned.

    Attributes:
        id: Its own.
        status: Ready, too, while it waits to be tried again.
        enqueued_at: When it was asked for.
        started_at: When it was first tried.
        finished_at: When it succeeded or was given up.
        attempts: How often it has been tried.
        error_class: Dotted path of what its latest failure raised, for staff only.
    """

    id: UUID
    status: TaskResultStatus
    enqueued_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int
    error_class: str | None


def task_progress(user: User, task_id: UUID) -> TaskProgress:
    """How far a task has come that a request of the user's has led to; for staff, any task.

    Raises:
        NotFound: There is none, or it is none of the user's business.
    """
    is_staff = user.role == Role.STAFF
    for backend in cast("list[Backend]", task_backends.all()):
        try:
            result = backend.get_result(str(task_id))
        except TaskResultDoesNotExist:
            continue
        if is_staff or backend.requested_by(result) == str(user.public_id):
            return TaskProgress(
                id=task_id,
                status=result.status,
                enqueued_at=result.enqueued_at,
                started_at=result.started_at,
                finished_at=result.finished_at,
                attempts=result.attempts,
                error_class=result.errors[-1].exception_class_path
                if is_staff and result.errors
                else None,
            )
    raise NotFound("There is no such task.")


@dataclass(frozen=True, slots=True)
class FailedTask:
    """A task that has failed for good.

    Attributes:
        id: Its own.
        path: Dotted path of its function.
        queue: The queue it was in.
        failed_at: When it was given up.
        attempts: How often it was tried.
        error_class: Dotted path of what its last attempt raised.
        traceback: Where it was raised, and its message.
    """

    id: UUID
    path: str
    queue: str
    failed_at: datetime | None
    attempts: int
    error_class: str
    traceback: str


def failed_tasks(*, limit: int) -> list[FailedTask]:
    """The tasks that have failed for good and are not forgotten yet, the latest first."""
    return [
        FailedTask(
            id=db_task.pk,
            path=db_task.task_path,
            queue=db_task.queue_name,
            failed_at=db_task.finished_at,
            attempts=len(db_task.worker_ids_json),
            error_class=db_task.errors_json[-1]["exception_class_path"],
            traceback=db_task.errors_json[-1]["traceback"],
        )
        for db_task in default_backend().failed(limit=limit)
    ]
