"""Background tasks over version 2 of the API."""

from uuid import UUID

from django.http import HttpResponse
from ninja import Router

from apps.authentication.apis.bearer import SignedIn, as_caller, bearer
from apps.common.async_ninja.operations import dump, send
from apps.common.idempotency import Answer
from apps.tasks.apis.schemas import TaskSchema
from apps.tasks.selectors import task_progress

router = Router(auth=bearer, tags=["tasks"])


@router.get("/{uuid:task_id}/", response=TaskSchema, operation_id="tasks_detail")
async def task_detail(request: SignedIn, task_id: UUID) -> HttpResponse:
    """Show how far a task has come that a request of the caller's has led to.

    Staff see every task.
    """
    progress = await as_caller(request, lambda user: task_progress(user, task_id))
    return send(Answer(200, dump(TaskSchema, progress)))
