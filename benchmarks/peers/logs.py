"""Log lines in the environment of a project: prints the microseconds that each kind takes."""

import json
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable

import django

django.setup()

from django.conf import settings  # noqa: E402
from structlog.contextvars import bind_contextvars  # noqa: E402

from apps.common.elk.lumberjack import Connection  # noqa: E402
from apps.common.elk.shipping import ShippedStream, Shipper  # noqa: E402
from apps.common.log_handlers import LineHandler  # noqa: E402
from apps.common.middleware import access_log  # noqa: E402

NOWHERE = "tcp://127.0.0.1:9"  # A reserved port: nobody listens there.
ROUNDS = 7
LINES = 5000
ID = "01940000-1d3e-7f40-8a5b-6c7d8e9fa0b1"
PATH = "/api/v2/products/"

root = logging.getLogger()
plain = logging.getLogger("plain")


def ours() -> None:
    access_log.info("request", method="GET", path=PATH, route=PATH, status=200, duration_ms=1.234)


def theirs() -> None:
    plain.info("request GET %s %s %d %f %s %s", PATH, PATH, 200, 1.234, ID, ID)


def main() -> None:
    bind_contextvars(request_id=ID, client_ip="203.0.113.7", user_id=ID)
    nothing = open(os.devnull, "w")  # noqa: PTH123, SIM115 - until the process ends
    plainly = logging.StreamHandler(nothing)
    plainly.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    processors = settings.LOGGING["handlers"]["console"]["processors"]
    shipped = ShippedStream(nothing, Shipper(Connection(NOWHERE)))
    contenders: dict[str, tuple[Callable[[], None], logging.Handler]] = {
        "standard library": (theirs, plainly),
        "the project": (ours, LineHandler(nothing, processors)),
        "shipping, no Logstash": (ours, LineHandler(shipped, processors)),
    }
    microseconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, (log, handler) in contenders.items():
            root.handlers = [handler]
            start = time.perf_counter()
            for _ in range(LINES):
                log()
            microseconds[name].append((time.perf_counter() - start) / LINES * 1_000_000)
    json.dump({name: statistics.median(each) for name, each in microseconds.items()}, sys.stdout)


if __name__ == "__main__":
    main()
