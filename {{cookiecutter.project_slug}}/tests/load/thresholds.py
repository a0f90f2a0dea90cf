"""What a run must reach, by the figures in `locust.conf`; one that misses any ends in an error."""

import logging
from collections.abc import Iterator
from statistics import median
from typing import Any

from locust import events
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import WorkerRunner

FEW = 20  # requests have no 95th percentile

log = logging.getLogger(__name__)


@events.init_command_line_parser.add_listener
def add_options(parser: LocustArgumentParser) -> None:
    """Who buys, and what is expected of the site."""
    parser.add_argument("--email", env_var="SITE_EMAIL", help="the customer's address")
    parser.add_argument(
        "--password", env_var="SITE_PASSWORD", is_secret=True, help="the customer's password"
    )
    parser.add_argument("--max-error-rate", type=float, help="share of requests that may fail")
    parser.add_argument("--max-p95", type=float, help="milliseconds, for every kind of request")
    parser.add_argument("--min-rate", type=float, help="requests in the median second")


@events.quitting.add_listener
def judge(environment: Environment, **_: Any) -> None:
    """Compare what was measured with what is expected."""
    if isinstance(environment.runner, WorkerRunner):
        return
    misses = list(misses_of(environment))
    for miss in misses:
        log.error(miss)
    environment.process_exit_code = 1 if misses else 0


def misses_of(environment: Environment) -> Iterator[str]:
    """Say which expectations were missed, and by how much."""
    expected: Any = environment.parsed_options
    stats = environment.stats
    if stats.total.fail_ratio > expected.max_error_rate:
        yield f"{stats.total.fail_ratio:.2%} failed: more than {expected.max_error_rate:.2%}"
    rate = median(stats.total.num_reqs_per_sec.values() or [0])
    if rate < expected.min_rate:
        yield f"{rate:.0f} requests a second: fewer than {expected.min_rate:.0f}"
    for (name, method), entry in sorted(stats.entries.items()):
        p95 = entry.get_response_time_percentile(0.95)
        if entry.num_requests >= FEW and p95 > expected.max_p95:
            yield f"{method} {name}: p95 is {p95:.0f} ms, more than {expected.max_p95:.0f} ms"
