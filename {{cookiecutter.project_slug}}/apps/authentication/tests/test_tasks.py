"""Scheduled upkeep."""

from datetime import timedelta

import pytest
import time_machine
from crontask import scheduler
from django.utils import timezone

from apps.authentication import tokens
from apps.authentication.models import RefreshToken, User
from apps.authentication.tasks import delete_expired_credentials
from apps.common.queues import Queue

pytestmark = pytest.mark.django_db


def test_expired_credentials_are_deleted_in_the_background(customer: User) -> None:
    tokens.issue(customer)
    with time_machine.travel(timezone.now() + timedelta(days=8, minutes=1)):
        assert delete_expired_credentials.call() == {"email_challenges": 0, "refresh_tokens": 1}
    assert not RefreshToken.objects.exists()


def test_the_clean_up_runs_every_night_when_there_is_time() -> None:
    jobs = [job for job in scheduler.get_jobs() if job.func == delete_expired_credentials.enqueue]
    assert [str(job.trigger) for job in jobs] == [
        "cron[month='*', day='*', day_of_week='*', hour='3', minute='30']"
    ]
    assert delete_expired_credentials.queue_name == Queue.ANALYTICS
    assert delete_expired_credentials.priority == Queue.ANALYTICS.priority
