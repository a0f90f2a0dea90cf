"""Background tasks in the admin site: how the queues stand, and what has failed for good."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django_database_task.models import DatabaseTask

from apps.common import context
from apps.common.admin import ReadOnlyModelAdmin
from apps.common.errors import ApplicationError
from apps.common.task_backends.base import default_backend
from apps.tasks.selectors import failed_tasks
from apps.tasks.services import requeue_task

LIMIT = 100
"""Failed tasks on the page."""

# The library's own runs tasks inside the request, and knows only those in the database.
admin.site.unregister(DatabaseTask)


@admin.register(DatabaseTask)
class TaskAdmin(ReadOnlyModelAdmin[DatabaseTask]):
    """One page about all tasks, whichever backend has them; who may change tasks may requeue."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the queues and the failed tasks, or requeue those that were ticked."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_requeue = request.user.has_perm("django_database_task.change_databasetask")
        if request.method == "POST":
            if not may_requeue:
                raise PermissionDenied
            self._requeue(request)
            return HttpResponseRedirect(request.path)
        shown = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "title": "Background tasks",
            "opts": self.opts,
            "queues": default_backend().queue_states(),
            "failed": failed_tasks(limit=LIMIT),
            "may_requeue": may_requeue,
        }
        return TemplateResponse(request, "tasks/admin.html", shown)

    def _requeue(self, request: HttpRequest) -> None:
        context.bind_actor(getattr(request.user, "public_id", ""))
        for task_id in request.POST.getlist("task"):
            try:
                requeue_task(task_id=UUID(task_id))
            except (ApplicationError, ValueError) as error:
                self.message_user(request, f"{task_id}: {error}", messages.WARNING)
            else:
                self.message_user(request, f"{task_id} requeued.", messages.SUCCESS)
