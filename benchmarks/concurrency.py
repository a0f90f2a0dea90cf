"""Compare the ways to make several reads in one operation of version 2.

A rendered project in production settings, one Uvicorn process, answers on PostgreSQL, with and
without others who ask at the same time. First its vendor dashboard, in a shop with 100 000 lines of
orders; then operations that read three times what takes PostgreSQL a given time and no effort, as
when it has a machine of its own. The ways take turns, so that a busy machine slows all of them.

    make bench NAME=concurrency
    make bench NAME=concurrency ARGS="--rounds 20 --milliseconds 1 5 50"
"""

import argparse
import json
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.deployment import HEADERS, Deployment
from tests.rendering import TEMPLATE

PROJECT = "without pgbouncer"
DEMO = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
READS = {"DJANGO_SETTINGS_MODULE": "benchmarks.peers.reads_settings", "PYTHONPATH": str(TEMPLATE)}
VENDOR = "ada-atelier"
CLIENTS = 8

WAYS = ("one-by-one", "gather", "one-visit", "parallel")
DASHBOARDS = ("one-by-one", "one-visit", "parallel", "one-query")

# Ninety days of orders with one to four lines each, four fifths of them paid.
ORDERS = """
INSERT INTO orders_order
    (public_id, created_at, updated_at, status, total_amount, currency, customer_id)
SELECT gen_random_uuid(), placed, placed,
    CASE WHEN n % 5 > 0 THEN 'paid' ELSE 'cancelled' END, 100, 'USD', customer.id
FROM generate_series(1, 40000) n
CROSS JOIN LATERAL (SELECT now() - n * interval '90 days' / 40000 AS placed) moment
JOIN authentication_user customer ON customer.role = 'client'
"""
LINES = """
INSERT INTO orders_orderitem (product_name, unit_price, quantity, order_id, product_id)
SELECT product.name, product.price, 1 + placed.id % 3, placed.id, product.id
FROM orders_order placed
CROSS JOIN generate_series(0, 3) line
JOIN (
    SELECT *, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS places
    FROM products_product
) product ON product.place = (placed.id * 7919 + line * 104729) % product.places
WHERE line <= placed.id % 4
ON CONFLICT DO NOTHING
"""


class Server:
    """A project that answers.

    Args:
        deployment: Of the project.
    """

    def __init__(self, deployment: Deployment) -> None:
        deployment.manage("seed", "--scale=50", **DEMO)
        postgres = deployment.postgres
        for statement in (ORDERS, LINES, "VACUUM ANALYZE"):
            postgres.psql(postgres.admin(), "--command", statement)
        url = f"{deployment.serve(**READS)}/api/reads/"
        self._client = httpx.Client(base_url=url, headers=HEADERS, timeout=60)

    def answer(self, path: str) -> str:
        """Return what is there."""
        return self._client.get(path).raise_for_status().text

    def milliseconds(self, paths: Sequence[str], rounds: int) -> list[float]:
        """Return within which half of the answers come, for each path, when one client asks."""
        taken: list[list[float]] = [[] for _ in paths]
        for _ in range(rounds):
            for path, times in zip(paths, taken, strict=True):
                begin = time.perf_counter()
                self.answer(path)
                times.append((time.perf_counter() - begin) * 1000)
        return [statistics.median(times) for times in taken]

    def per_second(self, paths: Sequence[str], rounds: int) -> list[float]:
        """Return how many answers come, for each path, when `CLIENTS` ask at a time."""
        seconds = [0.0 for _ in paths]
        with ThreadPoolExecutor(CLIENTS) as clients:
            for _ in range(rounds):
                for number, path in enumerate(paths):
                    begin = time.perf_counter()
                    list(clients.map(self.answer, [path] * CLIENTS))
                    seconds[number] += time.perf_counter() - begin
        return [rounds * CLIENTS / each for each in seconds]


def main() -> None:
    """Print what each way takes, side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="(default: %(default)s)")
    parser.add_argument(
        "--milliseconds",
        type=float,
        nargs="+",
        default=[0, 0.5, 1, 2, 5, 10, 50],
        help="that a read takes (default: %(default)s)",
    )
    options = parser.parse_args()
    with Deployment(PROJECT) as deployment:
        server = Server(deployment)
        print_dashboards(server, options.rounds)
        print_naps(server, options.rounds, options.milliseconds)


def print_dashboards(server: Server, rounds: int) -> None:
    """Compare the ways to a dashboard, which all lead to the same."""
    paths = [f"dashboards/{way}/{VENDOR}/" for way in DASHBOARDS]
    documents = {server.answer(path) for path in paths}
    if len({json.dumps(json.loads(document), sort_keys=True) for document in documents}) > 1:
        raise ValueError("\n".join(documents))
    print_row("dashboard", DASHBOARDS)
    print_row("one client, ms", server.milliseconds(paths, rounds))
    print_row(f"{CLIENTS} clients, answers/s", server.per_second(paths, rounds))


def print_naps(server: Server, rounds: int, milliseconds: Sequence[float]) -> None:
    """Compare the ways to read three times, as one client sees them."""
    print()
    print_row("three reads of", WAYS)
    for each in milliseconds:
        paths = [f"naps/{way}/{each}/" for way in WAYS]
        print_row(f"{each:g} ms", server.milliseconds(paths, rounds))


def print_row(name: str, cells: Sequence[float | str]) -> None:
    """Print a line of a table."""
    texts = (cell if isinstance(cell, str) else f"{cell:.1f}" for cell in cells)
    print(f"  {name:24}" + "".join(f"{text:>12}" for text in texts), flush=True)


if __name__ == "__main__":
    main()
