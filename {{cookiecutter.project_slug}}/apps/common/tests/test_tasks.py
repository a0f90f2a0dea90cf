"""Scheduled upkeep of the shared tables."""

from datetime import timedelta

import pytest
from django.utils import timezone
from model_bakery import baker

from apps.common.models import IdempotencyKey, OutboxEvent
from apps.common.tasks import delete_delivered_events, delete_idempotency_keys

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
