"""Measure what a web process and a worker take: the requests of infra/k8s come from it.

Both run as they are deployed, alone, and are pressed until they are busy: the server with the list
of products, the worker with what follows from orders.

    make bench NAME=footprint
    make bench NAME=footprint ARGS="--seconds 20 --customers 100"
"""

import argparse
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load, Request, cpu_seconds, press
from tests.deployment import HEADERS, Deployment, is_ready
from tests.redis_servers import Redis
from tests.servers import ADDRESS, free_port, wait_until

PROJECT = "default"
DEMO = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
CONNECTIONS = 16


@dataclass(frozen=True)
class Footprint:
    """What a process takes.

    Attributes:
        start: Seconds until it can work.
        idle: Megabytes once it can.
        busy: Megabytes after it has been busy.
        cpu: Milliseconds of processor time for one request, or one event.
        rate: Requests, or events, in a second while it is busy.
    """

    start: float
    idle: float
    busy: float
    cpu: float
    rate: float


def megabytes(process: int) -> float:
    """Return the memory that a process keeps from all others."""
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    (kilobytes,) = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(kilobytes) / 1024


def of_a_server(deployment: Deployment, path: str, seconds: int) -> Footprint:
    """Press a server."""
    port = free_port()
    url = f"http://{ADDRESS}:{port}"
    started = time.perf_counter()
    server = deployment.start("-m", "config.serve", "--port", str(port))
    wait_until(lambda: is_ready(url))
    start, idle = time.perf_counter() - started, megabytes(server.pid)
    load = Load(connections=CONNECTIONS, seconds=seconds)
    outcome = press(Request(f"{url}{path}", HEADERS), load, server.pid, os.getpid())
    if outcome.failed:
        raise RuntimeError(f"{outcome.failed} requests failed")
    busy = megabytes(server.pid)
    stop(server)
    return Footprint(start, idle, busy, outcome.cpu, outcome.rps)


def of_a_worker(deployment: Deployment, customers: int) -> Footprint:
    """Let a worker deliver the events of many orders."""
    deployment.manage("rush", f"--customers={customers}", "--orders=4", **DEMO)
    port = free_port()
    started = time.perf_counter()
    worker = deployment.start("manage.py", "worker", "--metrics-port", str(port))
    log = deployment.folder / "worker.log"
    wait_until(lambda: "worker started" in log.read_text("utf-8"))
    start, idle, before = (
        time.perf_counter() - started,
        megabytes(worker.pid),
        cpu_seconds(worker.pid),
    )
    began = time.perf_counter()
    events = pending(deployment)
    while pending(deployment):
        time.sleep(0.5)
    took, used = time.perf_counter() - began, cpu_seconds(worker.pid) - before
    busy = megabytes(worker.pid)
    stop(worker)
    return Footprint(start, idle, busy, used * 1000 / events, events / took)


def pending(deployment: Deployment) -> int:
    """Return how many events wait for a worker."""
    query = "SELECT count(*) FROM common_outboxevent WHERE delivered_at IS NULL"
    return int(
        deployment.postgres.psql(deployment.postgres.admin(deployment.name), "--command", query)
    )


def stop(process: "subprocess.Popen[bytes]") -> None:
    """End a process, and wait for that."""
    process.terminate()
    process.wait()


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="(default: %(default)s)")
    parser.add_argument("--customers", type=int, default=100, help="(default: %(default)s)")
    options = parser.parse_args()
    with Deployment(PROJECT, redis=Redis) as deployment:
        deployment.manage("seed", "--scale=20", **DEMO)
        found = {
            "web, version 1": of_a_server(deployment, "/api/v1/products/", options.seconds),
            "web, version 2": of_a_server(deployment, "/api/v2/products/", options.seconds),
            "worker": of_a_worker(deployment, options.customers),
        }
    print(f"  {'':16}{'start s':>9}{'idle MB':>9}{'busy MB':>9}{'CPU ms':>9}{'a second':>10}")
    for name, each in found.items():
        figures = (
            f"{each.start:9.1f}{each.idle:9.0f}{each.busy:9.0f}{each.cpu:9.1f}{each.rate:10.0f}"
        )
        print(f"  {name:16}{figures}")


if __name__ == "__main__":
    main()
