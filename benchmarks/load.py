"""What a server does under load, and what that costs, as wrk and the kernel count it."""

import json
import os
import shutil
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")
WRK = "wrk"
THREADS = 2
TIMEOUT = 30
"""Seconds after which a request has failed."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """How hard to press.

    Attributes:
        connections: Each sends its next request once the last one is answered.
        seconds: For how long.
    """

    connections: int
    seconds: int


@dataclass(frozen=True)
class Request:
    """What is asked for, again and again.

    Attributes:
        url: Where.
        headers: With what.
        orders: A prefix for idempotency keys and public ids of products: each request is a POST
            that orders two of these. Without them each is a GET.
    """

    url: str
    headers: dict[str, str]
    orders: Sequence[str] = ()


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        rps: Requests answered in a second.
        failed: Number of those that were not, or not with 2xx or 3xx.
        cpu: Milliseconds of processor time that the server's processes took for one.
        database: Milliseconds that PostgreSQL's processes took for one.
        p50: Milliseconds within which half of them were answered; `p95` and `p99` likewise.
    """

    rps: float
    failed: int
    cpu: float
    database: float
    p50: float
    p95: float
    p99: float


def press(request: Request, load: Load, server: int, database: int) -> Outcome:
    """Let wrk send requests.

    Args:
        request: Of which kind.
        load: How many.
        server: Process that all processes of the server descend from.
        database: Process that all those of PostgreSQL do.
    """
    headers = [f"--header={name}: {value}" for name, value in request.headers.items()]
    options = [
        f"--connections={load.connections}",
        f"--threads={THREADS}",
        f"--duration={load.seconds}s",
        f"--timeout={TIMEOUT}s",
    ]
    before = cpu_seconds(server), cpu_seconds(database)
    done = subprocess.run(
        [WRK, *options, *headers, f"--script={SCRIPT}", request.url, "--", *request.orders],
        check=True,
        capture_output=True,
        text=True,
    )
    after = cpu_seconds(server), cpu_seconds(database)
    seen = json.loads(done.stdout.splitlines()[-1])
    requests = max(seen["requests"], 1)
    return Outcome(
        rps=seen["requests"] / seen["seconds"],
        failed=seen["failed"],
        cpu=(after[0] - before[0]) * 1000 / requests,
        database=(after[1] - before[1]) * 1000 / requests,
        p50=seen["p50"],
        p95=seen["p95"],
        p99=seen["p99"],
    )


def is_missing() -> bool:
    """Tell whether this machine lacks wrk."""
    return shutil.which(WRK) is None


def cpu_seconds(root: int) -> float:
    """Return the processor time of a process and its descendants, ended ones included."""
    return sum(process.ticks for process in family(root)) / TICKS


def megabytes(root: int) -> float:
    """Return the memory of a Uvicorn worker, on average, where shared pages count as shared."""
    workers = [
        int(line.split()[1])
        for process in family(root)
        if b"spawn_main" in (process.folder / "cmdline").read_bytes()
        for line in (process.folder / "smaps_rollup").read_text().splitlines()
        if line.startswith("Pss:")
    ]
    return statistics.mean(workers) / 1024


@dataclass(frozen=True)
class Process:
    """A process that runs.

    Attributes:
        folder: Where the kernel tells of it.
        parent: What has started it.
        ticks: Processor time that it has taken, with that of its children that have ended.
    """

    folder: Path
    parent: int
    ticks: int


def family(root: int) -> list[Process]:
    """Return a process and its descendants."""
    processes = dict(_processes())
    found = [root]
    for parent in found:
        found += [pid for pid, process in processes.items() if process.parent == parent]
    return [processes[pid] for pid in found]


def _processes() -> Iterator[tuple[int, Process]]:
    for folder in Path("/proc").glob("[0-9]*"):
        # It may have ended meanwhile.
        with suppress(FileNotFoundError, ProcessLookupError):
            # Its name, in parentheses, may hold anything.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            yield int(folder.name), Process(folder, int(fields[1]), sum(map(int, fields[11:15])))
