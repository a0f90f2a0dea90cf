"""Looking at tasks that have failed for good, and giving them another chance."""

from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from apps.authentication.models import User
from apps.common.models import AuditEntry
from apps.common.task_backends.base import TaskBackend
from apps.common.tests import worker_tasks
from conftest import PASSWORD

PAGE = reverse("admin:django_database_task_databasetask_changelist")


@pytest.fixture
def failed(backend: TaskBackend) -> str:
    """A task that has failed, by id."""
    task_id = worker_tasks.fail.enqueue("builtins.ZeroDivisionError").id
    backend.run_next(worker_id="a worker")
    return task_id


def command(*arguments: str) -> str:
    """What the command prints."""
    output = StringIO()
    call_command("failed_tasks", *arguments, stdout=output)
    return output.getvalue()


def test_failed_tasks_are_listed_with_their_error(failed: str) -> None:
    (line,) = command().splitlines()
    assert line.startswith(failed)
    assert "apps.common.tests.worker_tasks.fail" in line
    assert "builtins.ZeroDivisionError" in line


def test_the_traceback_of_a_failed_task_is_shown(failed: str) -> None:
    assert "raise import_string(error)" in command(f"--traceback-of={failed}")


@pytest.mark.parametrize("choice", ["one", "all"])
def test_failed_tasks_are_requeued_and_that_is_on_record(
    backend: TaskBackend, failed: str, choice: str
) -> None:
    printed = command("--all" if choice == "all" else f"--requeue={failed}")
    assert printed == f"{failed} requeued\n"
    assert backend.queue_states()["critical"].due == 1
    assert str(AuditEntry.objects.get(action="task.requeued").target_id) == failed


def test_only_a_task_that_has_failed_can_be_requeued(backend: TaskBackend) -> None:
    waiting = worker_tasks.show_context.enqueue().id
    for task_id, reason in ((waiting, "has not failed"), (uuid4(), "no such task")):
        with pytest.raises(CommandError, match=reason):
            command(f"--requeue={task_id}")


@pytest.fixture
def site(backend: TaskBackend, client: Client) -> Client:
    """An administrator's browser."""
    root = User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root")
    client.force_login(root)
    return client


def test_an_administrator_sees_the_queues_and_what_has_failed(site: Client, failed: str) -> None:
    page = site.get(PAGE)
    assert page.context["queues"]["critical"].failed == 1
    assert failed in page.text
    assert "raise import_string(error)" in page.text


def test_an_administrator_requeues_what_is_ticked(
    site: Client, backend: TaskBackend, failed: str
) -> None:
    page = site.post(PAGE, {"task": [failed]}, follow=True)
    assert f"{failed} requeued" in page.text
    assert backend.queue_states()["critical"].due == 1
    assert AuditEntry.objects.get(action="task.requeued").actor_id


@pytest.mark.parametrize("task_id", ["0", str(UUID(int=0))])
def test_what_cannot_be_requeued_is_said(site: Client, task_id: str) -> None:
    page = site.post(PAGE, {"task": [task_id]}, follow=True)
    assert f"{task_id}: " in page.text


def test_who_may_not_change_tasks_requeues_none(
    backend: TaskBackend, client: Client, failed: str
) -> None:
    clerk = User.objects.create_user(
        email="clerk@example.com", password=PASSWORD, full_name="Clerk", is_staff=True
    )
    client.force_login(clerk)
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, {"task": [failed]}).status_code == 403
    assert backend.queue_states()["critical"].failed == 1
