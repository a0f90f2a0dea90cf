from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError
from django_database_task.models import DatabaseTask

from apps.common.schedule import Schedule

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class EveryMinute:
    def get_next_fire_time(self, previous: datetime | None, now: datetime, /) -> datetime:
        return (previous or now).replace(second=0) + timedelta(minutes=1)


@pytest.fixture
def enqueued() -> list[datetime]:
    return []


@pytest.fixture
def schedule(enqueued: list[datetime]) -> Schedule:
    """One task a minute, from noon on."""
    with time_machine.travel(NOON, tick=False):
        return Schedule([(lambda: enqueued.append(datetime.now(UTC)), EveryMinute())])


def look(schedule: Schedule, *, seconds: float) -> float:
    """Look at the schedule some seconds after noon."""
    with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
        return schedule.enqueue_due()


def test_nothing_is_enqueued_before_its_time(schedule: Schedule, enqueued: list[datetime]) -> None:
    assert look(schedule, seconds=20) == 40
    assert enqueued == []


def test_a_task_is_enqueued_once_when_it_is_due(
    schedule: Schedule, enqueued: list[datetime]
) -> None:
    assert look(schedule, seconds=61) == 59
    look(schedule, seconds=62)
    assert len(enqueued) == 1


def test_times_missed_while_the_computer_slept_count_once(
    schedule: Schedule, enqueued: list[datetime]
) -> None:
    look(schedule, seconds=3600)
    assert len(enqueued) == 1
    look(schedule, seconds=3660)
    assert len(enqueued) == 2


def test_a_task_that_could_not_be_enqueued_stays_due() -> None:
    database_is_away = [OperationalError()]
    enqueued = []

    def enqueue() -> None:
        if database_is_away:
            raise database_is_away.pop()
        enqueued.append("task")

    with time_machine.travel(NOON, tick=False):
        schedule = Schedule([(enqueue, EveryMinute())])
    with pytest.raises(OperationalError):
        look(schedule, seconds=60)
    look(schedule, seconds=61)
    assert enqueued == ["task"]


def test_a_schedule_without_tasks_is_looked_at_now_and_then() -> None:
    assert Schedule([]).enqueue_due() == 60


@pytest.mark.django_db
def test_every_cron_task_of_the_project_is_on_the_schedule() -> None:
    with time_machine.travel(NOON, tick=False):
        schedule = Schedule.of_project()
    look(schedule, seconds=86_400)
    paths = set(DatabaseTask.objects.values_list("task_path", flat=True))
    assert "apps.common.events.deliver_events" in paths
    assert len(paths) == len(schedule)
    assert all(path.startswith("apps.") for path in paths)
