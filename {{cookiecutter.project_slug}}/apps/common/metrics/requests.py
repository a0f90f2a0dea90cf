"""How many requests there were, how they ended, and how long they took."""

import structlog
from django.http import HttpRequest
from prometheus_client import Histogram

METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
UNROUTED = "none"
"""The route of what no view answers: static files, redirects, unknown addresses."""

DURATION = Histogram(
    "http_request_duration_seconds",
    "How long requests took until their answer began.",
    ["version", "method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

log = structlog.stdlib.get_logger(__name__)

_children: dict[tuple[str | None, str, int], Histogram] = {}


def observe(request: HttpRequest, status: int, seconds: float) -> None:
    """Count a request that has ended; one that cannot be counted is answered all the same."""
    try:
        match = request.resolver_match
        method = request.method if request.method in METHODS else "other"
        key = (match.route if match else None, method, status // 100)
        child = _children.get(key)
        if child is None:
            child = _children[key] = _child(*key)
        child.observe(seconds)
    except Exception:
        log.exception("request not counted")


def _child(route: str | None, method: str, status_class: int) -> Histogram:
    parts = (route or "").split("/")
    version = parts[1] if parts[0] == "api" and parts[1][1:].isdecimal() else "none"
    return DURATION.labels(version, method, route or UNROUTED, f"{status_class}xx")
