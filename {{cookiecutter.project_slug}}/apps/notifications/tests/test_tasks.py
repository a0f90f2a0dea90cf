from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_database_task.models import DatabaseTask

from apps.authentication.models import EmailChallenge
from apps.common.queues import Queue
from apps.notifications import tasks
from apps.notifications.tests.conftest import MailServer

type Outbox = list[EmailMultiAlternatives]
type RunTasks = Callable[[], None]


def consume(challenge: EmailChallenge) -> None:
    challenge.consumed_at = timezone.now()


def expire(challenge: EmailChallenge) -> None:
    challenge.expires_at = timezone.now()


def supersede(challenge: EmailChallenge) -> None:
    challenge.user.email_challenges.create(
        purpose=challenge.purpose, expires_at=challenge.expires_at
    )


def deactivate_the_user(challenge: EmailChallenge) -> None:
    challenge.user.is_active = False
    challenge.user.save()


@pytest.mark.parametrize("make_void", [consume, expire, supersede, deactivate_the_user])
def test_a_code_that_is_void_by_now_is_not_mailed(
    make_void: Callable[[EmailChallenge], None],
    challenge: EmailChallenge,
    run_tasks: RunTasks,
    mailoutbox: Outbox,
) -> None:
    make_void(challenge)
    challenge.save()
    result = tasks.send_verification_email.enqueue(challenge_id=str(challenge.public_id))
    run_tasks()
    result.refresh()
    assert result.status == TaskResultStatus.SUCCESSFUL
    assert mailoutbox == []


def test_a_code_is_mailed_only_for_the_purpose_it_was_made_for(
    reset: EmailChallenge, run_tasks: RunTasks, mailoutbox: Outbox
) -> None:
    tasks.send_verification_email.enqueue(challenge_id=str(reset.public_id))
    run_tasks()
    assert mailoutbox == []


def test_what_does_not_exist_any_more_is_not_mailed_about(
    run_tasks: RunTasks, mailoutbox: Outbox
) -> None:
    tasks.send_password_reset_email.enqueue(challenge_id=str(uuid4()))
    tasks.send_order_confirmation.enqueue(order_id=str(uuid4()))
    run_tasks()
    assert set(DatabaseTask.objects.values_list("status")) == {(TaskResultStatus.SUCCESSFUL,)}
    assert mailoutbox == []


def test_while_the_mail_server_is_away_an_email_waits(
    challenge: EmailChallenge,
    run_tasks: RunTasks,
    mailoutbox: Outbox,
    mail_server: MailServer,
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        tasks.send_verification_email.enqueue(challenge_id=str(challenge.public_id))
        mail_server.reachable = False
        run_tasks()
        mail_server.reachable = True
        run_tasks()
        assert mailoutbox == []
        clock.shift(timedelta(minutes=1))
        run_tasks()
    assert len(mailoutbox) == 1


def test_a_task_that_runs_twice_mails_once(
    challenge: EmailChallenge, run_tasks: RunTasks, mailoutbox: Outbox
) -> None:
    for _ in range(2):
        tasks.send_verification_email.enqueue(challenge_id=str(challenge.public_id))
    run_tasks()
    assert len(mailoutbox) == 1


def test_emails_have_a_queue_of_their_own() -> None:
    assert {
        task.queue_name
        for task in (
            tasks.send_verification_email,
            tasks.send_password_reset_email,
            tasks.send_order_confirmation,
        )
    } == {Queue.EMAILS}
