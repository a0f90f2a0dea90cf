"""Compare what PostgreSQL sees of many clients with PgBouncer in between and without.

Every client is a connection of its own, as if each were a process. They place their orders all at
once, through the services of a rendered project, with `manage.py rush`.

    make bench NAME=pooling
    make bench NAME=pooling ARGS="--customers 90 --orders 10"
"""

import argparse
import json
from dataclasses import dataclass

from tests.deployment import Deployment

DEMO = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}


@dataclass(frozen=True)
class Outcome:
    """What became of one rush.

    Attributes:
        connections: The most that PostgreSQL had at a time.
        orders: Number of orders placed.
        p50: Seconds within which half of them were.
        p95: Seconds within which nearly all of them were.
        errors: What the others ended in, and how often.
    """

    connections: int
    orders: int
    p50: float
    p95: float
    errors: dict[str, int]


def rush(project: str, customers: int, orders: int) -> Outcome:
    """Let customers of a project order all at once."""
    with Deployment(project) as deployment:
        deployment.manage("seed", "--scale=20", **DEMO)
        with deployment.postgres.watching_connections(f"{deployment.name}_app") as connections:
            options = (f"--customers={customers}", f"--orders={orders}")
            outcome = json.loads(deployment.manage("rush", *options, **DEMO))
        return Outcome(connections=max(connections), **outcome)


def main() -> None:
    """Print both outcomes side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=500, help="(default: %(default)s)")
    parser.add_argument("--orders", type=int, default=4, help="of each (default: %(default)s)")
    options = parser.parse_args()
    titles = {"default": "with PgBouncer", "without pgbouncer": "without"}
    outcomes = [rush(project, options.customers, options.orders) for project in titles]
    print(f"{options.customers} customers, {options.orders} orders each, all at once\n")
    print(f"  {'':22}" + "".join(f"{title:>16}" for title in titles.values()))
    rows = {
        "server connections": [str(outcome.connections) for outcome in outcomes],
        "orders placed": [str(outcome.orders) for outcome in outcomes],
        "p50, seconds": [f"{outcome.p50:.2f}" for outcome in outcomes],
        "p95, seconds": [f"{outcome.p95:.2f}" for outcome in outcomes],
        "errors": [str(sum(outcome.errors.values())) for outcome in outcomes],
    }
    for name, figures in rows.items():
        print(f"  {name:22}" + "".join(f"{figure:>16}" for figure in figures))
    for title, outcome in zip(titles.values(), outcomes, strict=True):
        for error, times in outcome.errors.items():
            print(f"\n  {title}: {times} x {error.rpartition('FATAL: ')[2].strip()}")


if __name__ == "__main__":
    main()
