"""Tasks in Redis: many more a second, and none of them costs the database more than a row.

What is enqueued inside a transaction belongs to it, as it would in the database: it is stored as a
row there, and sent to Redis after the commit. The row stays until the task has finished. So nothing
that was committed is lost, neither while Redis is away nor when it comes back with less than it had
acknowledged: a worker sends such rows again, which changes nothing if they had arrived.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast, override

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.tasks.base import TaskResultStatus
from django.utils import timezone
from django_database_task.models import DatabaseTask

from apps.common.queues import Queue
from apps.common.redis.connections import client
from apps.common.task_backends import metrics, scripts
from apps.common.task_backends.base import FINISHED, KEEP_FINISHED, QueueState, TaskBackend

LONGEST_WAIT = 1.0  # seconds, less than the client waits for an answer
RESEND_AFTER = timedelta(seconds=30)
RESEND_BATCH = 500
ABANDONED_BATCH = 100

FIELDS = {
    field.attname: field
    for field in DatabaseTask._meta.concrete_fields
    if field.attname not in {"created_at", "updated_at"}
}

log = structlog.stdlib.get_logger(__name__)


class RedisBackend(TaskBackend):
    """Keeps tasks in Redis, and those of open transactions in the database."""

    @override
    def maintain(self) -> None:
        super().maintain()
        self.resend()
        forgotten = (timezone.now() - KEEP_FINISHED).timestamp()
        for queue in Queue:
            client().zremrangebyscore(_key(queue, "failed"), "-inf", forgotten)

    def resend(self, *, after: timedelta = RESEND_AFTER) -> None:
        """Send the rows that Redis does not know, and delete those whose task has finished.

        Args:
            after: How long a row is left alone.
        """
        rows = DatabaseTask.objects.filter(
            backend_name=self.alias,
            status=TaskResultStatus.READY,
            updated_at__lte=timezone.now() - after,
        ).order_by("updated_at")
        while batch := list(rows[:RESEND_BATCH]):
            finished = {row.pk for row in batch if not _send(row) and _is_finished(row)}
            DatabaseTask.objects.filter(pk__in=finished).delete()
            others = {row.pk for row in batch} - finished
            DatabaseTask.objects.filter(pk__in=others).update(updated_at=timezone.now())
            if len(batch) < RESEND_BATCH:
                return

    @override
    def failed(self, *, limit: int) -> list[DatabaseTask]:
        failed = [
            db_task
            for queue in Queue
            for db_task in _look_up_all(
                queue, client().zrevrange(_key(queue, "failed"), 0, limit - 1)
            )
        ]
        return sorted(failed, key=_score, reverse=True)[:limit]

    @override
    def queue_states(self) -> dict[str, QueueState]:
        return {queue: _state(queue) for queue in Queue}

    @override
    def _keep(self, db_task: DatabaseTask) -> None:
        if connection.in_atomic_block:
            db_task.save(force_insert=True)
            transaction.on_commit(partial(self._try_to_send, db_task))
        elif not self._try_to_send(db_task):
            db_task.save(force_insert=True)

    @override
    def _find(self, result_id: str) -> DatabaseTask | None:
        for queue in Queue:
            if (db_task := _look_up(queue, result_id)) is not None:
                return db_task
        return DatabaseTask.objects.filter(pk=result_id, backend_name=self.alias).first()

    @override
    def _claim_next(
        self, worker_id: str, queue_name: str | None, wait: float
    ) -> DatabaseTask | None:
        for queue in Queue if queue_name is None else [queue_name]:
            if (db_task := _claim(queue, worker_id)) is not None:
                return db_task
        if queue_name is None or not wait:
            return None
        rung = client().blpop([_key(queue_name, "bell")], timeout=min(wait, LONGEST_WAIT))
        return _claim(queue_name, worker_id) if rung else None

    @override
    def _write(self, db_task: DatabaseTask, changes: dict[str, Any]) -> bool:
        changed = copy(db_task)
        for name, value in changes.items():
            setattr(changed, name, value)
        finished = changed.status in FINISHED
        return bool(
            _run(
                scripts.MOVE,
                _key(db_task.queue_name, "task", str(db_task.pk)),
                _set_of(db_task),
                _set_of(changed),
                arguments=(
                    str(db_task.pk),
                    _text(db_task.status),
                    len(db_task.worker_ids_json),
                    _score(changed),
                    int(KEEP_FINISHED.total_seconds()) if finished else 0,
                    *_flat(changes),
                ),
            )
        )

    @override
    def _beat(self, running: list[DatabaseTask]) -> None:
        now = timezone.now().timestamp()
        for queue in Queue:
            if ids := [str(db_task.pk) for db_task in running if db_task.queue_name == queue]:
                _run(scripts.BEAT, _key(queue, "running"), arguments=(now, *ids))

    @override
    def _abandoned(self, before: datetime) -> list[DatabaseTask]:
        return [
            db_task
            for queue in Queue
            for db_task in _look_up_all(
                queue,
                client().zrangebyscore(
                    _key(queue, "running"), "-inf", before.timestamp(), 0, ABANDONED_BATCH
                ),
            )
        ]

    def _try_to_send(self, db_task: DatabaseTask) -> bool:
        """Hand a task to Redis, if it is there; whether it was."""
        try:
            _send(db_task)
        except Exception as error:  # noqa: BLE001 - whatever it is, the task must not be lost
            metrics.SEND_FAILURES.labels(db_task.queue_name).inc()
            log.warning("task waits in the database", error=repr(error))
            return False
        return True


def _send(db_task: DatabaseTask) -> bool:
    """Hand a task to Redis; whether it had not arrived before."""
    fields = {name: getattr(db_task, name) for name in FIELDS}
    return bool(
        _run(
            scripts.SEND,
            _key(db_task.queue_name, "task", str(db_task.pk)),
            _set_of(db_task),
            _key(db_task.queue_name, "bell"),
            arguments=(
                str(db_task.pk),
                _score(db_task),
                timezone.now().timestamp(),
                *_flat(fields),
            ),
        )
    )


def _is_finished(db_task: DatabaseTask) -> bool:
    status = client().hget(_key(db_task.queue_name, "task", str(db_task.pk)), "status")
    return status is not None and json.loads(status) in FINISHED


def _claim(queue: str, worker_id: str) -> DatabaseTask | None:
    now = timezone.now()
    claimed = _run(
        scripts.CLAIM,
        _key(queue, "running"),
        _key(queue, "bell"),
        *_waiting(queue),
        arguments=(
            _key(queue, "task", ""),
            now.timestamp(),
            _text(now),
            worker_id,
            _text(TaskResultStatus.RUNNING),
            *FIELDS,
        ),
    )
    return _task(claimed) if claimed else None


def _look_up(queue: str, task_id: str) -> DatabaseTask | None:
    texts = cast("list[bytes | None]", client().hmget(_key(queue, "task", task_id), list(FIELDS)))
    return None if None in texts else _task(texts)


def _look_up_all(queue: str, task_ids: object) -> Iterator[DatabaseTask]:
    """The tasks with these ids, as a set of a queue lists them, that are still known."""
    for task_id in cast("list[bytes]", task_ids):
        if (db_task := _look_up(queue, task_id.decode())) is not None:
            yield db_task


def _state(queue: str) -> QueueState:
    due, delayed, running, failed, oldest = _run(
        scripts.COUNT,
        _key(queue, "running"),
        _key(queue, "failed"),
        *_waiting(queue),
        arguments=(timezone.now().timestamp(),),
    )
    oldest_due = datetime.fromtimestamp(float(oldest), tz=UTC) if oldest else None
    return QueueState(due, delayed, running, failed, oldest_due)


def _run(script: str, *keys: str, arguments: Iterable[str | float]) -> Any:  # noqa: ANN401
    """Run a script, sending its text only to a server that does not know it."""
    return client().register_script(script)(keys=keys, args=arguments)


def _key(queue: str, *parts: str) -> str:
    """A key of a queue; the braces keep all of them together."""
    return ":".join((f"{settings.REDIS_PREFIX}:tasks:{{{queue}}}", *parts))


def _waiting(queue: str) -> list[str]:
    return [_key(queue, "waiting", band) for band in ("high", "normal", "low")]


def _set_of(db_task: DatabaseTask) -> str:
    """The set that a task is in, if it is in one at all, given its state."""
    match db_task.status:
        case TaskResultStatus.READY:
            high, normal, low = _waiting(db_task.queue_name)
            return high if db_task.priority > 0 else low if db_task.priority < 0 else normal
        case TaskResultStatus.RUNNING:
            return _key(db_task.queue_name, "running")
        case _:
            return _key(db_task.queue_name, "failed")


def _score(db_task: DatabaseTask) -> float:
    """Where a task stands in its set, in seconds; negative if it is in none."""
    if db_task.status == TaskResultStatus.READY:
        return max(db_task.enqueued_at, db_task.run_after or db_task.enqueued_at).timestamp()
    if db_task.status == TaskResultStatus.FAILED and db_task.finished_at:
        return db_task.finished_at.timestamp()
    return -1


def _text(value: object) -> str:
    """The JSON text of a field; times are text as well."""
    return json.dumps(value, default=str)


def _flat(fields: Mapping[str, object]) -> Iterator[str]:
    """Names and texts of fields, in turns."""
    for name, value in fields.items():
        yield name
        yield _text(value)


def _task(texts: Iterable[bytes | None]) -> DatabaseTask:
    """The task whose fields have these texts, in the order of `FIELDS`."""
    fields = zip(FIELDS.values(), texts, strict=True)
    return DatabaseTask(
        **{field.attname: field.to_python(json.loads(text or "null")) for field, text in fields}
    )
