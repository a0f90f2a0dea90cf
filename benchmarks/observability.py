"""Measure what logs, metrics and traces cost a request: the product list of version 2.

One project runs several times, each time with other parts of what observes it, and all of them take
turns. What counts is how much less one answers than the one without any, in the same round.

    make bench NAME=observability
    make bench NAME=observability ARGS="--rounds 5 --seconds 2 --contenders none full"
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from benchmarks.arena import PROJECT, Application, Arena, Contender, environment
from benchmarks.load import Load, Outcome, Request, is_missing, press
from benchmarks.throughput import note
from tests.deployment import HEADERS, Deployment
from tests.otlp import Collector

GOAL = 15
"""Percent of the answers that all of it may cost."""
RATIO = "0.1"
"""Share of the traces that are recorded."""
NOBODY = "none"
PATH = "/products/"
UNOBSERVED = "benchmarks.peers.unobserved:application"
OBSERVED = "config.asgi:application"
SILENT = ("APP_LOG_LEVEL", "ERROR")


class Drain(Collector):
    """A collector that looks at nothing, for it would compute on the machine that is measured."""

    def take(self, message: bytes) -> None:
        """Forget a message."""


@dataclass(frozen=True)
class Cost:
    """What a part costs: medians over all rounds.

    Attributes:
        rps: Requests answered in a second.
        cpu: Milliseconds of processor time for one.
        answers: Percent that are answered less than without it.
        computing: Percent that are computed more for each.
        failed: Requests that failed.
    """

    rps: float
    cpu: float
    answers: float
    computing: float
    failed: int


def contenders(collector: str, folder: str) -> dict[str, Contender]:
    """List what is compared.

    Args:
        collector: Where traces go.
        folder: Where the processes of one server count together.
    """
    counted = ("PROMETHEUS_MULTIPROC_DIR", folder)
    traced = (
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector),
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
        ("OTEL_TRACES_SAMPLER_ARG", RATIO),
    )
    applications = {
        NOBODY: Application(UNOBSERVED, (SILENT,)),
        "logs": Application(UNOBSERVED),
        "metrics": Application(OBSERVED, (SILENT, counted)),
        "traces": Application(UNOBSERVED, (SILENT, *traced)),
        "full": Application(OBSERVED, (counted, *traced)),
    }
    return {name: Contender(each, "/api/v2") for name, each in applications.items()}


def measure(arena: Arena, names: Sequence[str], load: Load, rounds: int) -> dict[str, Cost]:
    """Let contenders answer in turns, after a second to warm up."""
    outcomes: dict[str, list[Outcome]] = {name: [] for name in names}
    for number in range(rounds + 1):
        note(f"round {number} of {rounds}" if number else "warm-up")
        for name in names if number % 2 else reversed(names):
            request = Request(arena.url(name, PATH), HEADERS)
            turn = load if number else Load(load.connections, seconds=1)
            outcomes[name].append(press(request, turn, arena.server(name).process, arena.database))
    measured = {name: each[1:] for name, each in outcomes.items()}
    return {name: compare(each, measured[NOBODY]) for name, each in measured.items()}


def compare(outcomes: Sequence[Outcome], bare: Sequence[Outcome]) -> Cost:
    """Compare the rounds of one with those of the one that nobody observes."""
    rounds = list(zip(outcomes, bare, strict=True))
    return Cost(
        rps=statistics.median(one.rps for one in outcomes),
        cpu=statistics.median(one.cpu for one in outcomes),
        answers=100 * (1 - statistics.median(one.rps / other.rps for one, other in rounds)),
        computing=100 * (statistics.median(one.cpu / other.cpu for one, other in rounds) - 1),
        failed=sum(one.failed for one in outcomes),
    )


def main() -> None:
    """Print what each part costs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    every = list(contenders("", ""))
    parser.add_argument("--rounds", type=int, default=11, help="(default: %(default)s)")
    parser.add_argument(
        "--seconds", type=int, default=3, help="of each turn (default: %(default)s)"
    )
    parser.add_argument("--connections", type=int, default=64, help="(default: %(default)s)")
    parser.add_argument("--contenders", nargs="+", choices=every, default=every, metavar="NAME")
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    options = parser.parse_args()
    if is_missing():
        parser.exit(1, "This machine lacks wrk: apt-get install wrk\n")
    names = list(dict.fromkeys([NOBODY, *options.contenders]))
    load = Load(options.connections, options.seconds)
    with (
        tempfile.TemporaryDirectory() as folder,
        Drain() as collector,
        Deployment(PROJECT, environment=environment()) as deployment,
    ):
        known = contenders(collector.url, folder)
        arena = Arena(deployment, {name: known[name] for name in names})
        costs = measure(arena, names, load, options.rounds)
    if options.json:
        print(json.dumps({name: asdict(cost) for name, cost in costs.items()}, indent=2))
        return
    print(f"\n  {'':10}{'RPS':>8}{'CPU ms':>9}{'answers less':>15}{'computes more':>15}")
    for name, cost in costs.items():
        print(
            f"  {name:10}{cost.rps:>8.0f}{cost.cpu:>9.3f}{cost.answers:>13.1f} %"
            f"{cost.computing:>13.1f} %{f'  {cost.failed} failed' if cost.failed else ''}"
        )
    print(f"\nTraces are recorded of {float(RATIO):.0%} of the requests; the goal is {GOAL} %.")


if __name__ == "__main__":
    main()
