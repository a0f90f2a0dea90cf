"""Compare where background tasks can wait: the database, Redis, a cluster of Redis.

All belong to one project in production settings and take turns, so that a busy machine slows all of
them. The tasks do nothing and are spread over the three queues; every worker has a thread for each.
The defaults take a quarter of an hour.

    make bench NAME=tasks
    make bench NAME=tasks ARGS="--contenders redis cluster --rounds 1 --count 1000"
"""

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass

from tests.deployment import Deployment
from tests.redis_servers import Redis, RedisCluster
from tests.rendering import TEMPLATE
from tests.servers import wait_until

PROJECT = "without pgbouncer"
CONTENDERS = ("sqlite", "postgresql", "redis", "cluster")
WORKERS = 3
RATE = 10_000 / 60
"""Tasks a second, of a stream that is to be kept up with."""
COLUMNS = {
    "enqueued": "by one process, in a second",
    "run by 1": "by one worker, in a second",
    "run by 3": "by three workers, in a second",
    "a minute": "run by three workers",
    "p50 ms": f"from enqueueing to the end, at {RATE:.0f} a second with three workers",
    "p95 ms": "likewise",
}


@dataclass(frozen=True)
class Result:
    """What a contender did.

    Attributes:
        enqueued: Tasks that one process enqueued in a second.
        by_one: Tasks that one worker ran in a second.
        by_three: Tasks that three workers ran in a second.
        p50: Seconds within which half of the tasks of a stream had ended.
        p95: Seconds within which nearly all of them had.
    """

    enqueued: float
    by_one: float
    by_three: float
    p50: float
    p95: float


class Project:
    """A project whose tasks wait in one place.

    Args:
        deployment: Of the project.
        variables: What makes its tasks wait there.
    """

    def __init__(self, deployment: Deployment, **variables: str) -> None:
        self._deployment = deployment
        self._variables = variables
        self._log = deployment.folder / "worker.log"

    def measure(self, count: int, seconds: int) -> Result:
        """Let one worker and then three run tasks, in a burst of so many and in a stream."""
        with self._workers(1):
            one = self._load(f"burst({count})")
        with self._workers(WORKERS):
            three = self._load(f"burst({count})")
            stream = self._load(f"stream({RATE}, {seconds})")
        return Result(one["enqueued"], one["run"], three["run"], stream["p50"], stream["p95"])

    def _load(self, call: str) -> dict[str, float]:
        command = f"from benchmarks import task_load; task_load.{call}"
        variables = {**self._variables, "PYTHONPATH": str(TEMPLATE)}
        options = ("shell", "--no-imports", "--command", command)
        figures: dict[str, float] = json.loads(
            self._deployment.manage(*options, **variables).splitlines()[-1]
        )
        return figures

    @contextmanager
    def _workers(self, number: int) -> Iterator[None]:
        started = self._started() + number
        command = ("manage.py", "worker", "--no-schedule")
        workers = [
            self._deployment.start(*command, APP_LOG_LEVEL="INFO", **self._variables)
            for _ in range(number)
        ]
        try:
            wait_until(lambda: self._started() == started)
            yield
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.wait()

    def _started(self) -> int:
        return self._log.read_text().count('"worker started"') if self._log.exists() else 0


def projects(deployment: Deployment, redis: Redis, names: Sequence[str]) -> dict[str, Project]:
    """Return the contenders with these names, ready to be measured."""
    file = {"DATABASE_URL": f"sqlite:///{deployment.folder}/tasks.sqlite3", "REDIS_URL": ""}
    if "sqlite" in names:
        deployment.manage("migrate", "--verbosity=0", **file)
    variables = {
        "sqlite": file,
        "postgresql": {"REDIS_URL": ""},
        "redis": {"REDIS_URL": redis.url},
        "cluster": {"REDIS_URL": deployment.redis_url},
    }
    return {name: Project(deployment, **variables[name]) for name in names}


def table(results: dict[str, Result]) -> str:
    """Return the results for people to read, each figure with its ratio to the first's."""
    lines = ["".join([f"  {'':12}", *(f"{column:>16}" for column in COLUMNS)])]
    first = figures(next(iter(results.values())))
    for name, result in results.items():
        cells = [
            f"{figure:.0f} ({figure / other:.2f}x)"
            for figure, other in zip(figures(result), first, strict=True)
        ]
        lines.append("".join([f"  {name:12}", *(f"{cell:>16}" for cell in cells)]))
    return "\n".join(lines)


def figures(result: Result) -> list[float]:
    """Return what a row shows."""
    rates = [result.enqueued, result.by_one, result.by_three, 60 * result.by_three]
    return [*rates, 1000 * result.p50, 1000 * result.p95]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="(default: %(default)s)")
    parser.add_argument("--count", type=int, default=3000, help="of tasks (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=int, default=20, help="of a stream (default: %(default)s)"
    )
    parser.add_argument(
        "--contenders",
        nargs="+",
        choices=CONTENDERS,
        default=list(CONTENDERS),
        metavar="NAME",
        help=f"of {', '.join(CONTENDERS)} (default: all)",
    )
    options = parser.parse_args()
    measured: dict[str, list[Result]] = {name: [] for name in options.contenders}
    with (
        Deployment(PROJECT, redis=RedisCluster) as deployment,
        Redis(deployment.folder / "infra", deployment.name) as redis,
    ):
        contenders = projects(deployment, redis, options.contenders)
        for number in range(options.rounds):
            for name, project in contenders.items():
                print(f"round {number + 1} of {options.rounds}: {name}", file=sys.stderr)
                measured[name].append(project.measure(options.count, options.seconds))
    results = {
        name: Result(*map(statistics.median, zip(*map(astuple, rounds), strict=True)))
        for name, rounds in measured.items()
    }
    print(f"\nMedians of {options.rounds} rounds of {options.count} tasks\n\n{table(results)}\n")
    for column, meaning in COLUMNS.items():
        print(f"{column}: {meaning}")


if __name__ == "__main__":
    main()
