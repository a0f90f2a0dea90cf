"""Background tasks over version 1 of the API."""

from uuid import UUID

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.authentication.apis.authentication import signed_in
from apps.tasks import selectors
from apps.tasks.apis.serializers import TaskSerializer


@extend_schema(tags=["tasks"])
class TaskView(APIView):
    """One background task."""

    @extend_schema(operation_id="tasks_detail", responses=TaskSerializer)
    def get(self, request: Request, task_id: UUID) -> Response:
        """Show how far a task has come that a request of the caller's has led to.

        Staff see every task.
        """
        return Response(TaskSerializer(selectors.task_progress(signed_in(request), task_id)).data)


urlpatterns = [path("<uuid:task_id>/", TaskView.as_view(), name="task")]
