"""Where background tasks wait, and what happens around the run of one.

The table, its claims and their recovery are django-database-task's. This backend adds this
project's rules: a transient error puts the task back for later, any other error ends it; the
request that enqueued a task stays visible in the task's logs and audit entries; and the claim of a
running task is kept fresh, so that only the tasks of dead workers are given to others.

Delivery is at least once: a worker may die between the effects of a task and the record of its
success. Tasks are therefore idempotent.
"""

import time
import traceback
from asyncio import CancelledError
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import connections
from django.db.models import Q, QuerySet
from django.tasks.base import Task, TaskContext, TaskResult, TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist
from django.tasks.signals import task_finished, task_started
from django.utils import timezone
from django.utils.json import normalize_json
from django_database_task.backends import DatabaseTaskBackend
from django_database_task.executor import requeue_stale_tasks
from django_database_task.models import DatabaseTask

from apps.common import context
from apps.common.retries import RETRY_DELAYS, TransientError, retry_delay

CONTEXT_ARGUMENT = "_context"

# Every attempt leaves a worker id on the task, whether it ended in an error or with the death of
# its worker, and recovery gives a task up by their number. Some deaths are granted on top of the
# retries, so that workers killed in deployments never cost a task its retries; the limit is there
# for the task that kills every worker it is given to.
TOLERATED_DEATHS = 3

log = structlog.stdlib.get_logger(__name__)


class UnknownTask(TransientError):
    """No such task in this release: an older worker met the task of a newer one."""


class RetryingDatabaseTaskBackend(DatabaseTaskBackend):
    """Tasks in the database, retried when that can help and recovered when their worker dies.

    The threads of a worker share one instance. Its options in `TASKS` are `RETRY_DELAYS` (seconds
    before each further attempt after a transient error) and `CLAIM_TIMEOUT` (seconds without a
    sign of life after which a worker counts as dead).
    """

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.retry_delays: tuple[float, ...] = tuple(self.options.get("RETRY_DELAYS", RETRY_DELAYS))
        self.claim_timeout = timedelta(seconds=self.options.get("CLAIM_TIMEOUT", 60))
        self._claims: dict[UUID, QuerySet[DatabaseTask]] = {}

    def enqueue[**P, R](
        self, task: "Task[P, R]", args: list[Any], kwargs: dict[str, Any]
    ) -> "TaskResult[P, R]":
        """Store a task, with the identity of the request that asks for it."""
        asking = context.current()
        result: TaskResult[P, R] = super().enqueue(
            task, args, {**kwargs, CONTEXT_ARGUMENT: asking} if asking else kwargs
        )
        return result

    def get_result(self, result_id: str) -> "TaskResult[..., Any]":
        """The state of a task; its `task` is None when this release has no such task.

        Raises:
            TaskResultDoesNotExist: There is none with this id.
        """
        stored: QuerySet[DatabaseTask] = self._stored_tasks()
        db_task = stored.filter(pk=result_id).first()
        if db_task is None:
            raise TaskResultDoesNotExist(result_id)
        try:
            return self._result(db_task, self._load(db_task.task_path))
        except UnknownTask:
            return self._result(db_task, None)

    def requested_by(self, result: "TaskResult[..., Any]") -> str | None:
        """The user whose request has led to a task, by public id; None when nobody's has."""
        asking: dict[str, str] = result.kwargs.get(CONTEXT_ARGUMENT, {})
        return asking.get("user_id")

    def run_next(
        self, *, worker_id: str, queue_name: str | None = None
    ) -> "TaskResult[..., Any] | None":
        """Claim and run the most urgent task that is due, the oldest among equals.

        Args:
            worker_id: Name of the calling thread, unlike that of any other.
            queue_name: The queue to serve; all of them by default.

        Returns:
            The state of the task after this attempt, or None when no task is due.
        """
        _recycle_connections()
        while (due := self._due(queue_name).first()) is not None:
            if (result := self.run_task(due, worker_id)) is not None:
                return result
        return None

    def run_task(
        self, db_task: DatabaseTask, worker_id: str | None = None
    ) -> "TaskResult[..., Any] | None":
        """Claim a task and make one attempt at it.

        Returns:
            The state of the task after this attempt, or None when another worker was faster.

        Raises:
            DatabaseError: When the outcome could not be stored. The claim then expires, and the
                task is run again.
        """
        try:
            if not self._claim_task(db_task, worker_id):
                return None
            kwargs = dict(db_task.kwargs_json)
            asking = kwargs.pop(CONTEXT_ARGUMENT, {})
            running = {"task_id": str(db_task.pk), "task": db_task.task_path}
            with context.restored(asking | running), self._kept_alive(db_task):
                return self._attempt(db_task, kwargs)
        finally:
            _recycle_connections()

    def maintain(self) -> None:
        """Keep the claims of this worker's tasks fresh, and requeue the tasks of dead workers.

        To be called several times per claim timeout, from a thread that runs no tasks.
        """
        for claim in self._claims.copy().values():
            claim.update(last_attempted_at=timezone.now())
        recovered = requeue_stale_tasks(
            self.claim_timeout,
            backend_name=self.alias,
            max_attempts=1 + len(self.retry_delays) + TOLERATED_DEATHS,
        )
        if recovered["requeued"]:
            log.warning("tasks of dead workers requeued", tasks=recovered["requeued"])
        if recovered["failed"]:
            log.error("tasks of dead workers given up", tasks=recovered["failed"])

    def _due(self, queue_name: str | None) -> QuerySet[DatabaseTask]:
        """The tasks that may start now; reading takes no lock, so an idle worker blocks nobody."""
        stored: QuerySet[DatabaseTask] = self._stored_tasks(queue_name)
        return stored.filter(
            Q(run_after=None) | Q(run_after__lte=timezone.now()), status=TaskResultStatus.READY
        ).order_by("-priority", "enqueued_at")

    @contextmanager
    def _kept_alive(self, db_task: DatabaseTask) -> Iterator[None]:
        """Let `maintain` keep the claim fresh until the block ends."""
        self._claims[db_task.pk] = _claim(db_task)
        try:
            yield
        finally:
            del self._claims[db_task.pk]

    def _attempt(self, db_task: DatabaseTask, kwargs: dict[str, Any]) -> "TaskResult[..., Any]":
        """Call the function of a claimed task and store how that ended."""
        task = None
        started = time.monotonic()
        try:
            task = self._load(db_task.task_path)
            result = self._result(db_task, task)
            task_started.send(type(self), task_result=result)
            args = [TaskContext(task_result=result)] if task.takes_context else []
            value = normalize_json(task.call(*args, *db_task.args_json, **kwargs))
        except (Exception, SystemExit, CancelledError) as error:  # noqa: BLE001 - its outcome
            _recycle_connections()  # The error may have been the connection's own.
            self._record_failure(db_task, error)
        else:
            _settle(db_task, TaskResultStatus.SUCCESSFUL, return_value_json=value)
            log.info("task succeeded", seconds=round(time.monotonic() - started, 3))
        db_task.refresh_from_db()
        result = self._result(db_task, task)
        if task is not None and result.is_finished:
            task_finished.send(type(self), task_result=result)
        return result

    def _result(
        self, db_task: DatabaseTask, task: "Task[..., Any] | None"
    ) -> "TaskResult[..., Any]":
        """What Django's API tells about a stored task."""
        result: TaskResult[..., Any] = self._db_task_to_result(db_task, task)
        return result

    def _load(self, task_path: str) -> "Task[..., Any]":
        """Find a task by its path.

        Raises:
            UnknownTask: When this release has no such task.
        """
        try:
            task: Task[..., Any] = self._resolve_task(task_path)
        except (ImportError, AttributeError) as error:
            raise UnknownTask(task_path) from error
        return task

    def _record_failure(self, db_task: DatabaseTask, error: BaseException) -> None:
        """Put the task back for later, or end it."""
        path = f"{type(error).__module__}.{type(error).__qualname__}"
        story = "".join(traceback.format_exception(error))
        errors = [*db_task.errors_json, {"exception_class_path": path, "traceback": story}]
        delay = retry_delay(error, failures=len(errors), delays=self.retry_delays)
        if delay is None:
            _settle(db_task, TaskResultStatus.FAILED, errors_json=errors)
            log.error("task failed", attempts=len(errors), exc_info=error)
        else:
            later = timezone.now() + delay
            _settle(db_task, TaskResultStatus.READY, errors_json=errors, run_after=later)
            log.warning(
                "task postponed", attempts=len(errors), until=later.isoformat(), error=repr(error)
            )


def _recycle_connections() -> None:
    """Close the connections that broke or grew old, as Django does around each request.

    One in a transaction is let be: no worker has any between tasks, but a test may.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()


def _claim(db_task: DatabaseTask) -> QuerySet[DatabaseTask]:
    """The task's row, for as long as it is claimed by the worker that claimed `db_task`."""
    return DatabaseTask.objects.filter(
        pk=db_task.pk,
        status=TaskResultStatus.RUNNING,
        worker_ids_json=db_task.worker_ids_json,
    )


def _settle(db_task: DatabaseTask, status: TaskResultStatus, **outcome: object) -> None:
    """End an attempt, unless the claim expired meanwhile: then the outcome is another worker's."""
    now = timezone.now()
    if status != TaskResultStatus.READY:
        outcome["finished_at"] = now
    if not _claim(db_task).update(status=status, updated_at=now, **outcome):
        log.warning("task ended after its claim had expired")
