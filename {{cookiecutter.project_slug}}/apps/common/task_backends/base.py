"""What is true of background tasks wherever they wait: how one is run, retried and recovered.

A transient error puts a task back for later, any other error ends it. The request that enqueued a
task stays visible in the task's logs and audit entries. A running task shows signs of life, so that
only the tasks of dead workers are given to others.

Delivery is at least once: a worker may die between the effects of a task and the record of its
success. Tasks are therefore idempotent.
"""

import time
import traceback
from abc import ABC, abstractmethod
from asyncio import CancelledError
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import structlog
from django.db import connections
from django.tasks import task_backends
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.base import Task, TaskContext, TaskError, TaskResult, TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist
from django.tasks.signals import task_enqueued, task_finished, task_started
from django.utils import timezone
from django.utils.json import normalize_json
from django.utils.module_loading import import_string
from django_database_task.models import DatabaseTask

from apps.common import context
from apps.common.ids import uuid7
from apps.common.retries import RETRY_DELAYS, TransientError, retry_delay
from apps.common.task_backends import metrics
from apps.common.task_backends.failures import report_failure

CONTEXT_ARGUMENT = "_context"

# Every attempt leaves a worker id on the task, whether it ended in an error or with the death of
# its worker, and recovery gives a task up by their number. Some deaths are granted on top of the
# retries, so that workers killed in deployments never cost a task its retries; the limit is there
# for the task that kills every worker it is given to.
TOLERATED_DEATHS = 3

KEEP_FINISHED = timedelta(days=7)
INSISTENCE = (0.5, 1, 2, 4, 8)  # seconds between attempts to store an outcome
FINISHED = (TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED)

log = structlog.stdlib.get_logger(__name__)


class UnknownTask(TransientError):
    """No such task in this release: an older worker met the task of a newer one."""


class WorkersDied(Exception):
    """Every worker that was given the task died of it, or so it seems."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """How things stand in a queue.

    Attributes:
        due: Tasks that wait for a worker.
        delayed: Tasks that may not start yet.
        running: Tasks that a worker is running.
        failed: Tasks that have failed for good and are still known.
        oldest_due: Since when the oldest task that is due has been so.
    """

    due: int = 0
    delayed: int = 0
    running: int = 0
    failed: int = 0
    oldest_due: datetime | None = None


class TaskBackend(BaseTaskBackend, ABC):
    """Runs tasks; subclasses keep them.

    A task is an instance of `DatabaseTask` everywhere, whether it has a row or not. The threads of
    a worker share one backend. Its options in `TASKS` are `RETRY_DELAYS` (seconds before each
    further attempt after a transient error) and `CLAIM_TIMEOUT` (seconds without a sign of life
    after which a worker counts as dead).
    """

    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.retry_delays: tuple[float, ...] = tuple(self.options.get("RETRY_DELAYS", RETRY_DELAYS))
        self.claim_timeout = timedelta(seconds=self.options.get("CLAIM_TIMEOUT", 60))
        self._running: dict[UUID, DatabaseTask] = {}

    @property
    def max_attempts(self) -> int:
        """Number of workers a task is given to before it is given up."""
        return 1 + len(self.retry_delays) + TOLERATED_DEATHS

    def enqueue[**P, R](
        self, task: "Task[P, R]", args: Iterable[Any], kwargs: Mapping[str, Any]
    ) -> "TaskResult[P, R]":
        """Keep a task until a worker runs it, with the identity of the request that asks for it."""
        self.validate_task(task)
        asking = context.current()
        arguments = {**kwargs, CONTEXT_ARGUMENT: asking} if asking else dict(kwargs)
        db_task = DatabaseTask(
            id=uuid7(),
            task_path=task.module_path,
            queue_name=task.queue_name,
            priority=task.priority,
            args_json=normalize_json(list(args)),
            kwargs_json=normalize_json(arguments),
            run_after=task.run_after,
            enqueued_at=timezone.now(),
            backend_name=self.alias,
        )
        self._keep(db_task)
        metrics.ENQUEUED.labels(db_task.queue_name).inc()
        result = self._result(db_task, task)
        task_enqueued.send(type(self), task_result=result)
        return cast("TaskResult[P, R]", result)

    def get_result(self, result_id: str) -> "TaskResult[..., Any]":
        """The state of a task; its `task` is None when this release has no such task.

        Raises:
            TaskResultDoesNotExist: There is none with this id.
        """
        db_task = self._found(result_id)
        try:
            return self._result(db_task, _load(db_task.task_path))
        except UnknownTask:
            return self._result(db_task, None)

    def requested_by(self, result: "TaskResult[..., Any]") -> str | None:
        """The user whose request has led to a task, by public id; None when nobody's has."""
        asking: dict[str, str] = result.kwargs.get(CONTEXT_ARGUMENT, {})
        return asking.get("user_id")

    def run_next(
        self, *, worker_id: str, queue_name: str | None = None, wait: float = 0
    ) -> "TaskResult[..., Any] | None":
        """Claim and run the most urgent task that is due, the oldest among equals.

        Args:
            worker_id: Name of the calling thread, unlike that of any other.
            queue_name: The queue to serve; all of them by default.
            wait: Seconds to wait for a task to come, where one can be told of it.

        Returns:
            The state of the task after this attempt, or None when no task is due.

        Raises:
            Exception: When the outcome could not be stored. The claim then expires, and the task is
                run again.
        """
        _recycle_connections()
        db_task = self._claim_next(worker_id, queue_name, wait)
        if db_task is None:
            return None
        kwargs = dict(db_task.kwargs_json)
        asking = kwargs.pop(CONTEXT_ARGUMENT, {})
        running = {"task_id": str(db_task.pk), "task": db_task.task_path}
        # As claimed, whatever the attempt makes of it in the meantime.
        self._running[db_task.pk] = copy(db_task)
        try:
            with context.restored(asking | running):
                return self._attempt(db_task, kwargs)
        finally:
            del self._running[db_task.pk]
            _recycle_connections()

    def maintain(self) -> None:
        """Show signs of life for this worker's tasks, and requeue the tasks of dead workers.

        To be called several times per claim timeout, from a thread that runs no tasks.
        """
        self._beat(list(self._running.copy().values()))
        for db_task in self._abandoned(timezone.now() - self.claim_timeout):
            self._recover(db_task)

    def hand_back(self) -> None:
        """Give the tasks that this worker cannot finish to others, without waiting for a timeout.

        Whatever comes of them here is ignored from now on.
        """
        for db_task in self._running.copy().values():
            if self._change(db_task, status=TaskResultStatus.READY):
                log.warning("task handed back", task_id=str(db_task.pk), task=db_task.task_path)

    def requeue(self, result_id: str) -> bool:
        """Let a task that has failed start anew, as if it had never been tried.

        Returns:
            Whether it had failed.

        Raises:
            TaskResultDoesNotExist: There is none with this id.
        """
        db_task = self._found(result_id)
        return db_task.status == TaskResultStatus.FAILED and self._change(
            db_task,
            status=TaskResultStatus.READY,
            run_after=timezone.now(),
            started_at=None,
            finished_at=None,
            errors_json=[],
            worker_ids_json=[],
        )

    @abstractmethod
    def failed(self, *, limit: int) -> list[DatabaseTask]:
        """The tasks that have failed for good, the latest first."""

    @abstractmethod
    def queue_states(self) -> dict[str, QueueState]:
        """How things stand in each queue that has something to tell of."""

    @abstractmethod
    def _keep(self, db_task: DatabaseTask) -> None:
        """Store a new task, or put it where it will be sent on from."""

    @abstractmethod
    def _find(self, result_id: str) -> DatabaseTask | None:
        """The task with this id, if there is one."""

    @abstractmethod
    def _claim_next(
        self, worker_id: str, queue_name: str | None, wait: float
    ) -> DatabaseTask | None:
        """Give the calling thread, and no other, the task it should run next; see `run_next`."""

    @abstractmethod
    def _write(self, db_task: DatabaseTask, changes: dict[str, Any]) -> bool:
        """Store new values of a task's fields, and whether it was still in the state given.

        The state is the task's status and how many workers have had it: after its claim expired,
        a task is another worker's, though it be running.
        """

    @abstractmethod
    def _beat(self, running: list[DatabaseTask]) -> None:
        """Show a sign of life for these tasks."""

    @abstractmethod
    def _abandoned(self, before: datetime) -> list[DatabaseTask]:
        """Some of the running tasks that have shown no sign of life since."""

    def _found(self, result_id: str) -> DatabaseTask:
        if (db_task := self._find(result_id)) is None:
            raise TaskResultDoesNotExist(result_id)
        return db_task

    def _change(self, db_task: DatabaseTask, **changes: Any) -> bool:
        """Change a task, unless somebody else has since it was read; whether it was changed."""
        changed = self._write(db_task, changes)
        if changed:
            for name, value in changes.items():
                setattr(db_task, name, value)
        return changed

    def _attempt(self, db_task: DatabaseTask, kwargs: dict[str, Any]) -> "TaskResult[..., Any]":
        """Call the function of a claimed task and store how that ended."""
        task, failure = None, None
        started = time.monotonic()
        try:
            task = _load(db_task.task_path)
            result = self._result(db_task, task)
            task_started.send(type(self), task_result=result)
            args = [TaskContext(task_result=result)] if task.takes_context else []
            value = normalize_json(task.call(*args, *db_task.args_json, **kwargs))
        except (Exception, SystemExit, CancelledError) as error:  # noqa: BLE001 - its outcome
            _recycle_connections()  # The error may have been the connection's own.
            failure, outcome = error, self._after(error, db_task)
        else:
            outcome = _finished(TaskResultStatus.SUCCESSFUL, return_value_json=value)
        seconds = time.monotonic() - started
        metrics.DURATION.labels(db_task.queue_name).observe(seconds)
        if not self._settle(db_task, outcome):
            log.warning("task ended after its claim had expired")
            return self._result(self._find(str(db_task.pk)) or db_task, task)
        _tell(db_task, failure, seconds=round(seconds, 3))
        result = self._result(db_task, task)
        if task is not None and result.is_finished:
            task_finished.send(type(self), task_result=result)
        return result

    def _after(self, error: BaseException, db_task: DatabaseTask) -> dict[str, Any]:
        """What becomes of a task whose attempt has raised an error: it waits, or has failed."""
        errors = [*db_task.errors_json, _described(error)]
        delay = retry_delay(error, failures=len(errors), delays=self.retry_delays)
        if delay is None:
            return _finished(TaskResultStatus.FAILED, errors_json=errors)
        run_after = timezone.now() + delay
        return {"status": TaskResultStatus.READY, "errors_json": errors, "run_after": run_after}

    def _settle(self, db_task: DatabaseTask, outcome: dict[str, Any]) -> bool:
        """Store the outcome of an attempt, and insist for some seconds, which a failover takes.

        Otherwise the task would be run again for want of a record. Returns whether it was stored,
        rather than another worker's by now.
        """
        for pause in INSISTENCE:
            try:
                return self._change(db_task, **outcome)
            except Exception:
                log.exception("outcome not stored", next_attempt_after=pause)
                time.sleep(pause)
                _recycle_connections()
        return self._change(db_task, **outcome)

    def _recover(self, db_task: DatabaseTask) -> None:
        """Give the task of a dead worker to others, or give it up."""
        attempts = len(db_task.worker_ids_json)
        with context.restored({"task_id": str(db_task.pk), "task": db_task.task_path}):
            if attempts >= self.max_attempts:
                error = WorkersDied(f"{attempts} workers were given this task")
                errors = [*db_task.errors_json, _described(error)]
                if self._change(db_task, **_finished(TaskResultStatus.FAILED, errors_json=errors)):
                    _tell(db_task, error)
            elif self._change(db_task, status=TaskResultStatus.READY):
                log.warning("task of a dead worker requeued", attempts=attempts)

    def _result(
        self, db_task: DatabaseTask, task: "Task[..., Any] | None"
    ) -> "TaskResult[..., Any]":
        """What Django's API tells about a task."""
        result: TaskResult[..., Any] = TaskResult(
            task=task,  # type: ignore[arg-type] # Django has no word for one that is gone.
            id=str(db_task.pk),
            status=TaskResultStatus(db_task.status),
            enqueued_at=db_task.enqueued_at,
            started_at=db_task.started_at,
            finished_at=db_task.finished_at,
            last_attempted_at=db_task.last_attempted_at,
            args=db_task.args_json,
            kwargs=db_task.kwargs_json,
            backend=self.alias,
            errors=[TaskError(**error) for error in db_task.errors_json],
            worker_ids=db_task.worker_ids_json,
        )
        # No argument of the constructor: Django's own backends do the same.
        object.__setattr__(result, "_return_value", db_task.return_value_json)
        return result


def default_backend() -> TaskBackend:
    """The backend of this project, as the calling thread has it."""
    return cast("TaskBackend", task_backends["default"])


def _load(task_path: str) -> "Task[..., Any]":
    """Find a task by its path.

    Raises:
        UnknownTask: When this release has no such task.
    """
    try:
        task: Task[..., Any] = import_string(task_path)
    except ImportError as error:
        raise UnknownTask(task_path) from error
    return task


def _finished(status: TaskResultStatus, **outcome: object) -> dict[str, Any]:
    return {"status": status, "finished_at": timezone.now(), **outcome}


def _tell(db_task: DatabaseTask, error: BaseException | None, **details: float) -> None:
    """Log, count and report how an attempt has ended, or what a task was given up for."""
    told = log.bind(attempts=len(db_task.worker_ids_json), **details)
    match db_task.status:
        case TaskResultStatus.SUCCESSFUL:
            told.info("task succeeded")
        case TaskResultStatus.READY:
            told.warning("task postponed", until=str(db_task.run_after), error=repr(error))
            metrics.RETRIES.labels(db_task.queue_name).inc()
        case TaskResultStatus.FAILED:
            told.error("task failed", exc_info=error)
            metrics.FAILURES.labels(db_task.queue_name).inc()
            report_failure(db_task)


def _described(error: BaseException) -> dict[str, str]:
    return {
        "exception_class_path": f"{type(error).__module__}.{type(error).__qualname__}",
        "traceback": "".join(traceback.format_exception(error)),
    }


def _recycle_connections() -> None:
    """Close the connections that broke or grew old, as Django does around each request.

    One in a transaction is let be: no worker has any between tasks, but a test may.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
