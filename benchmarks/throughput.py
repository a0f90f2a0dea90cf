"""Compare how fast a project answers with others who serve the same documents.

A rendered project in production settings and its peers (`benchmarks/peers`) run side by side and
take turns, so that a busy machine slows all of them; processor time per request depends on it
least. There are two loads: many connections, for how much is answered in all, and eight, for how
long an answer takes when there is no queue. The defaults take a quarter of an hour.

    make bench NAME=throughput
    make bench NAME=throughput ARGS="--contenders v1 v2 fastapi --rounds 3 --seconds 2"
    make bench NAME=throughput ARGS=--json > throughput.json
"""

import argparse
import json
import re
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any

import httpx

from benchmarks.arena import CONTENDERS, PROJECT, WORKERS, Arena, environment
from benchmarks.load import Load, Outcome, Request, is_missing, megabytes, press
from tests.deployment import HEADERS, Deployment

FEW = 8
LINES = 3
"""Of the order that is looked at."""
VERSIONS = ("v1", "v2")
"""The contenders that take orders."""
YARDSTICK = "v2"
COLUMNS = ("RPS", "CPU ms", "DB ms", "p50", "p95", "p99", f"p95 of {FEW}", "MB", "RPS x", "CPU x")
LEGEND = f"""\
p50, p95 and p99 are milliseconds with {{connections}} connections, "p95 of {FEW}" with {FEW}.
CPU ms is what the server's processes compute for one request, DB ms what PostgreSQL's do.
MB is what one of {WORKERS} server processes occupies.
RPS x: {YARDSTICK} answers that many times as much. CPU x: it computes that many times less."""


@dataclass(frozen=True)
class Task:
    """What contenders are asked for.

    Attributes:
        title: For people.
        path: Below their prefixes.
        is_public: Whether visitors ask for it, or a customer who has signed in.
        products: Public ids to order two of each time; none in order to read.
    """

    title: str
    path: str
    is_public: bool = False
    products: tuple[str, ...] = ()

    def headers(self, arena: Arena) -> dict[str, str]:
        """Return those of its requests, good for a quarter of an hour."""
        return HEADERS if self.is_public else arena.sign_in()


@dataclass(frozen=True)
class Result:
    """What a contender did: medians over all rounds.

    Attributes:
        many: With many connections.
        few: With `FEW`.
        megabytes: Memory of one process afterwards.
    """

    many: Outcome
    few: Outcome
    megabytes: float


def tasks(arena: Arena) -> list[Task]:
    """List what there is to do, after placing an order to look at."""
    with httpx.Client(base_url=arena.url("v1", ""), headers=arena.sign_in()) as client:
        page = client.get("/products/", params={"page_size": 100}).raise_for_status().json()
        products = [product["id"] for product in page["results"]]
        items = [{"product_id": product, "quantity": 2} for product in products[:LINES]]
        order = client.post("/orders/", json={"items": items}).raise_for_status().json()
    return [
        Task("product list", "/products/", is_public=True),
        Task("order detail", f"/orders/{order['id']}/"),
        Task("order placed", "/orders/", products=tuple(products)),
    ]


def able(arena: Arena, task: Task, names: Sequence[str]) -> list[str]:
    """List the contenders that do a task, and say who does not.

    Raises:
        ValueError: Two of them answer with different documents.
    """
    if task.products:
        return [name for name in names if name in VERSIONS]
    headers = task.headers(arena)
    documents: dict[str, Any] = {}
    for name in names:
        response = httpx.get(arena.url(name, task.path), headers=headers)
        if response.status_code == httpx.codes.NOT_FOUND:
            note(f"{task.title}: {name} has no such page")
        else:
            documents[name] = comparable(response.raise_for_status().json())
    first, *others = documents
    for other in others:
        if documents[other] != documents[first]:
            both = "\n".join(json.dumps(documents[name], indent=1) for name in (first, other))
            raise ValueError(f"{task.title}: {first} and {other} differ:\n{both}")
    note(f"{task.title}: {', '.join(documents)} answer with the same document")
    return list(documents)


def comparable(document: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a document without what contenders may differ in.

    These are the addresses of the pages around this one, which peers with Django alone or without
    it do not compute, and microseconds, of which Django's own encoder keeps only the milliseconds.
    """
    match document:
        case dict():
            links = {"next", "previous"}
            return {key: comparable(value) for key, value in document.items() if key not in links}
        case list():
            return [comparable(value) for value in document]
        case str():
            return re.sub(r"(:\d\d\.\d{3})\d{3}Z$", r"\1Z", document)
        case _:
            return document


def measure(
    arena: Arena, task: Task, names: Sequence[str], loads: Sequence[Load], rounds: int
) -> dict[str, Result]:
    """Let contenders do a task in turns, after a second to warm up."""
    outcomes: dict[str, list[list[Outcome]]] = {name: [] for name in names}
    for number in range(rounds + 1):
        note(f"{task.title}: {f'round {number} of {rounds}' if number else 'warm-up'}")
        headers = task.headers(arena)
        for name in names:
            outcomes[name].append([])
            for load in loads if number else [Load(loads[0].connections, seconds=1)]:
                keys = (f"{name}-{number}-{load.connections}",) if task.products else ()
                request = Request(arena.url(name, task.path), headers, (*keys, *task.products))
                server = arena.server(name).process
                outcomes[name][-1].append(press(request, load, server, arena.database))
    results = {}
    for name, (_warm_up, *measured) in outcomes.items():
        many, few = (median(outcomes) for outcomes in zip(*measured, strict=True))
        results[name] = Result(many, few, megabytes(arena.server(name).process))
    return results


def median(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the outcome that is the median in everything, with the failures of all."""
    middle = Outcome(*map(statistics.median, zip(*map(astuple, outcomes), strict=True)))
    return replace(middle, failed=sum(outcome.failed for outcome in outcomes))


def table(results: dict[str, Result]) -> str:
    """Return the results for people to read."""
    lines = ["".join([f"  {'':14}", *(f"{column:>9}" for column in COLUMNS)])]
    for name, result in results.items():
        many, ours = result.many, results.get(YARDSTICK, result).many
        figures = [
            f"{many.rps:.0f}",
            f"{many.cpu:.2f}",
            f"{many.database:.2f}",
            *(f"{milliseconds:.0f}" for milliseconds in (many.p50, many.p95, many.p99)),
            f"{result.few.p95:.1f}",
            f"{result.megabytes:.0f}",
            f"{ours.rps / many.rps:.2f}",
            f"{many.cpu / ours.cpu:.2f}",
        ]
        lines.append("".join([f"  {name:14}", *(f"{figure:>9}" for figure in figures)]))
        if failed := many.failed + result.few.failed:
            lines.append(f"  {'':14} {failed} requests failed")
    return "\n".join(lines)


def note(text: str) -> None:
    """Tell what is going on."""
    print(text, file=sys.stderr)


def main() -> None:
    """Print a table for each task."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument(
        "--seconds", type=int, default=3, help="of each turn (default: %(default)s)"
    )
    parser.add_argument("--connections", type=int, default=64, help="(default: %(default)s)")
    parser.add_argument(
        "--contenders",
        nargs="+",
        choices=CONTENDERS,
        default=list(CONTENDERS),
        metavar="NAME",
        help=f"of {', '.join(CONTENDERS)} (default: all)",
    )
    parser.add_argument("--json", action="store_true", help="print figures for machines")
    options = parser.parse_args()
    if is_missing():
        parser.exit(1, "This machine lacks wrk: apt-get install wrk\n")
    loads = [Load(connections, options.seconds) for connections in (options.connections, FEW)]
    with Deployment(PROJECT, environment=environment()) as deployment:
        arena = Arena(deployment, {name: CONTENDERS[name] for name in {"v1", *options.contenders}})
        results = {
            task.title: measure(arena, task, names, loads, options.rounds)
            for task in tasks(arena)
            if (names := able(arena, task, options.contenders))
        }
    if options.json:
        outcomes = {
            title: {name: asdict(result) for name, result in found.items()}
            for title, found in results.items()
        }
        print(json.dumps(outcomes, indent=2))
        return
    for title, found in results.items():
        turns = f"{options.rounds} rounds of {options.seconds} s, {options.connections} connections"
        print(f"\n{title}: medians of {turns}\n\n{table(found)}")
    print(f"\n{LEGEND.format(connections=options.connections)}")


if __name__ == "__main__":
    main()
