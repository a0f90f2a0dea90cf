"""`manage.py failed_tasks`: see what has failed for good, and try it again."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from apps.common.errors import ApplicationError
from apps.tasks.selectors import FailedTask, failed_tasks
from apps.tasks.services import requeue_task


class Command(BaseCommand):
    """Lists failed tasks, or requeues them."""

    help = "List the tasks that have failed for good, the latest first, or requeue them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--limit",
            type=int,
            default=100,
            help="how many to list or to requeue with --all (default: %(default)s)",
        )
        parser.add_argument("--traceback-of", type=UUID, metavar="ID", help="show why it failed")
        chosen = parser.add_mutually_exclusive_group()
        chosen.add_argument(
            "--requeue", type=UUID, action="append", metavar="ID", help="may be repeated"
        )
        chosen.add_argument("--all", action="store_true", help="requeue all that are listed")

    def handle(
        self,
        *,
        limit: int,
        traceback_of: UUID | None,
        requeue: list[UUID] | None,
        **options: Any,
    ) -> None:
        """Do one or the other."""
        failed = failed_tasks(limit=limit)
        if traceback_of:
            self.stdout.writelines(task.traceback for task in failed if task.id == traceback_of)
        elif requeue or options["all"]:
            for task_id in requeue or [task.id for task in failed]:
                self._requeue(task_id)
        else:
            for task in failed:
                self.stdout.write(_line(task))

    def _requeue(self, task_id: UUID) -> None:
        try:
            requeue_task(task_id=task_id)
        except ApplicationError as error:
            raise CommandError(f"{task_id}: {error}") from None
        self.stdout.write(f"{task_id} requeued")


def _line(task: FailedTask) -> str:
    """A failed task in a line."""
    since = f"{task.failed_at:%Y-%m-%d %H:%M:%S}"
    return f"{task.id}  {since}  {task.queue}  {task.path}  {task.error_class}  x{task.attempts}"
