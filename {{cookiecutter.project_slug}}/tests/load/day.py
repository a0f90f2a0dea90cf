"""How many customers there are at a time: a day in minutes."""

from dataclasses import dataclass
from typing import Any

from locust import LoadTestShape


@dataclass(frozen=True)
class Stage:
    """A part of the day.

    Attributes:
        until: When it ends, as a share of `--run-time`.
        customers: How many there are, as a share of `--users`.
    """

    until: float
    customers: float


STAGES = (Stage(0.1, 0.25), Stage(0.2, 0.5), Stage(0.9, 1), Stage(1, 0.25))


class Day(LoadTestShape):
    """They come in three waves, stay, and leave; for most of the time all are there."""

    use_common_options = True

    def tick(self) -> tuple[int, float] | None:
        """How many customers there should be now, and how many of them may come in a second."""
        assert self.runner is not None
        options: Any = self.runner.environment.parsed_options
        now = self.get_run_time() / options.run_time
        for stage in STAGES:
            if now < stage.until:
                return round(options.num_users * stage.customers), options.spawn_rate
        return None
