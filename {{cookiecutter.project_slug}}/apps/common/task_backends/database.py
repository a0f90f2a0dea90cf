"""Tasks in the database, in the table of django-database-task: no other server is needed."""

from datetime import datetime
from typing import Any, override

from django.db import connection, transaction
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.tasks.base import TaskResultStatus
from django.utils import timezone
from django_database_task.models import DatabaseTask

from apps.common.task_backends.base import QueueState, TaskBackend

ABANDONED_BATCH = 100
UNFORGOTTEN = [status for status in TaskResultStatus if status != TaskResultStatus.SUCCESSFUL]


class DatabaseBackend(TaskBackend):
    """Keeps tasks in the database, with the change they belong to when there is a transaction."""

    @override
    def failed(self, *, limit: int) -> list[DatabaseTask]:
        return list(self._tasks(status=TaskResultStatus.FAILED).order_by("-finished_at")[:limit])

    @override
    def queue_states(self) -> dict[str, QueueState]:
        now = timezone.now()
        waiting = Q(status=TaskResultStatus.READY)
        states = (
            self._tasks(status__in=UNFORGOTTEN)
            .order_by()
            .values("queue_name")
            .annotate(
                due=Count("pk", filter=waiting & _due(now)),
                delayed=Count("pk", filter=waiting & Q(run_after__gt=now)),
                running=Count("pk", filter=Q(status=TaskResultStatus.RUNNING)),
                failed=Count("pk", filter=Q(status=TaskResultStatus.FAILED)),
                oldest_due=Min(
                    Greatest("enqueued_at", Coalesce("run_after", "enqueued_at")),
                    filter=waiting & _due(now),
                ),
            )
        )
        return {
            state["queue_name"]: QueueState(
                due=state["due"],
                delayed=state["delayed"],
                running=state["running"],
                failed=state["failed"],
                oldest_due=state["oldest_due"],
            )
            for state in states
        }

    @override
    def _keep(self, db_task: DatabaseTask) -> None:
        db_task.save(force_insert=True)

    @override
    def _find(self, result_id: str) -> DatabaseTask | None:
        return self._tasks(pk=result_id).first()

    @override
    def _claim_next(
        self, worker_id: str, queue_name: str | None, wait: float
    ) -> DatabaseTask | None:
        due = self._tasks(_due(timezone.now()), status=TaskResultStatus.READY)
        if queue_name is not None:
            due = due.filter(queue_name=queue_name)
        due = due.order_by("-priority", "enqueued_at")
        # Reading takes no lock, so an idle worker blocks nobody.
        if not due.exists():
            return None
        with transaction.atomic():
            skip_locked = connection.features.has_select_for_update_skip_locked
            db_task = due.select_for_update(skip_locked=skip_locked).first()
            if db_task is not None:
                self._start(db_task, worker_id)
        return db_task

    def _start(self, db_task: DatabaseTask, worker_id: str) -> None:
        now = timezone.now()
        self._change(
            db_task,
            status=TaskResultStatus.RUNNING,
            started_at=db_task.started_at or now,
            last_attempted_at=now,
            worker_ids_json=[*db_task.worker_ids_json, worker_id],
        )

    @override
    def _write(self, db_task: DatabaseTask, changes: dict[str, Any]) -> bool:
        return bool(_as_read(db_task).update(**changes, updated_at=timezone.now()))

    @override
    def _beat(self, running: list[DatabaseTask]) -> None:
        for db_task in running:
            _as_read(db_task).update(last_attempted_at=timezone.now())

    @override
    def _abandoned(self, before: datetime) -> list[DatabaseTask]:
        running = self._tasks(status=TaskResultStatus.RUNNING, last_attempted_at__lt=before)
        return list(running[:ABANDONED_BATCH])

    def _tasks(self, *conditions: Q, **fields: object) -> QuerySet[DatabaseTask]:
        tasks: QuerySet[DatabaseTask] = DatabaseTask.objects.filter(
            *conditions, backend_name=self.alias, **fields
        )
        return tasks


def _due(now: datetime) -> Q:
    """Which of the waiting tasks may start."""
    return Q(run_after=None) | Q(run_after__lte=now)


def _as_read(db_task: DatabaseTask) -> QuerySet[DatabaseTask]:
    """The task's row, for as long as nobody has claimed, ended or requeued it."""
    rows: QuerySet[DatabaseTask] = DatabaseTask.objects.filter(
        pk=db_task.pk, status=db_task.status, worker_ids_json=db_task.worker_ids_json
    )
    return rows
