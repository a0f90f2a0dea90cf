from django.tasks import task_backends
from django.tasks.base import TASK_MAX_PRIORITY, TASK_MIN_PRIORITY

from apps.common.queues import Queue


def test_payments_come_before_emails_and_emails_before_reports() -> None:
    assert sorted(Queue, key=lambda queue: -queue.priority) == [
        Queue.CRITICAL,
        Queue.EMAILS,
        Queue.ANALYTICS,
    ]


def test_every_priority_is_one_that_django_allows() -> None:
    assert all(TASK_MIN_PRIORITY <= queue.priority <= TASK_MAX_PRIORITY for queue in Queue)


def test_the_backend_accepts_exactly_these_queues() -> None:
    assert task_backends["default"].queues == set(Queue)
