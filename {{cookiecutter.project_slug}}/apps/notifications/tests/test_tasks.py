from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.tasks import TaskResultStatus
from django.utils import timezone

from apps.authentication.models import EmailChallenge
from apps.common.queues import Queue
from apps.common.task_backends.base import QueueState, default_backend
from apps.inventory.services import set_stock
from apps.notifications import tasks
from apps.notifications.tests.conftest import MailServer
from apps.products.models import Product

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
    tasks.send_payment_declined.enqueue(payment_id=str(uuid4()))
    tasks.send_sold_out_notice.enqueue(product_id=str(uuid4()), notice_id=str(uuid4()))
    run_tasks()
    state = default_backend().queue_states().get(Queue.EMAILS, QueueState())
    assert (state.due, state.delayed, state.failed) == (0, 0, 0)
    assert mailoutbox == []


def restock(product: Product) -> None:
    set_stock(product=product, on_hand=1)


def hide(product: Product) -> None:
    product.is_active = False
    product.save()


def deactivate_the_vendor(product: Product) -> None:
    product.vendor.is_active = False
    product.vendor.save()


@pytest.mark.parametrize("change", [restock, hide, deactivate_the_vendor])
def test_a_vendor_is_not_told_of_a_shortage_that_no_customer_sees_any_more(
    change: Callable[[Product], None], product: Product, run_tasks: RunTasks, mailoutbox: Outbox
) -> None:
    tasks.send_sold_out_notice.enqueue(product_id=str(product.public_id), notice_id=str(uuid4()))
    change(product)
    run_tasks()
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


def test_a_notice_that_is_sent_twice_arrives_once(
    product: Product, run_tasks: RunTasks, mailoutbox: Outbox
) -> None:
    notice = {"product_id": str(product.public_id), "notice_id": str(uuid4())}
    for _ in range(2):
        tasks.send_sold_out_notice.enqueue(**notice)
    run_tasks()
    assert len(mailoutbox) == 1


def test_emails_have_a_queue_of_their_own() -> None:
    assert {
        task.queue_name
        for task in (
            tasks.send_verification_email,
            tasks.send_password_reset_email,
            tasks.send_order_confirmation,
            tasks.send_payment_declined,
            tasks.send_sold_out_notice,
        )
    } == {Queue.EMAILS}
