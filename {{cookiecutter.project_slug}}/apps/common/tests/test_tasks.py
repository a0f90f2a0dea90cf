"""Scheduled upkeep of the shared tables."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone
from django_database_task.models import DatabaseTask
from model_bakery import baker

from apps.common.models import IdempotencyKey, OutboxEvent
from apps.common.tasks import (
    delete_delivered_events,
    delete_finished_tasks,
    delete_idempotency_keys,
)

pytestmark = pytest.mark.django_db


def test_events_are_kept_for_a_week_after_delivery_and_until_then() -> None:
    now = timezone.now()
    baker.make(OutboxEvent, delivered_at=now - timedelta(days=8))
    kept = [
        baker.make(OutboxEvent, delivered_at=now - timedelta(days=6)),
        baker.make(OutboxEvent, delivered_at=None),
    ]
    assert delete_delivered_events.call() == 1
    assert list(OutboxEvent.objects.order_by("id")) == kept


def test_idempotency_keys_are_kept_for_two_days() -> None:
    baker.make(IdempotencyKey)
    assert delete_idempotency_keys.call() == 0
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=3))
    assert delete_idempotency_keys.call() == 1


def test_finished_tasks_are_kept_for_a_week() -> None:
    now = timezone.now()
    make = partial(baker.make, DatabaseTask, backend_name="default")
    ages = {"SUCCESSFUL": 8, "FAILED": 8, "READY": 9, "RUNNING": 9}
    for status, days in ages.items():
        make(status=status, finished_at=now - timedelta(days=days))
    make(status="SUCCESSFUL", finished_at=now - timedelta(days=6))
    assert delete_finished_tasks.call() == 2
