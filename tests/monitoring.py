"""What a project's rules and dashboards ask Prometheus for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import yaml

# What Grafana puts in for the scrape interval, whatever it is.
WINDOW = {"$__rate_interval": "1m"}


def rules(monitoring: Path) -> Iterator[dict[str, Any]]:
    """Yield the rules of a project's `infra/monitoring`, recording and alerting ones."""
    for file in sorted(monitoring.glob("prometheus/rules/*.yaml")):
        for group in yaml.safe_load(file.read_text("utf-8"))["groups"]:
            yield from group["rules"]


def alerts(monitoring: Path) -> dict[str, dict[str, Any]]:
    """Return the alerting rules, by name."""
    return {rule["alert"]: rule for rule in rules(monitoring) if "alert" in rule}


def recorded(monitoring: Path) -> set[str]:
    """Return the names that recording rules make."""
    return {rule["record"] for rule in rules(monitoring) if "record" in rule}


def dashboards(monitoring: Path) -> dict[str, dict[str, Any]]:
    """Return the dashboards, by file."""
    files = sorted(monitoring.glob("grafana/dashboards/*.json"))
    return {file.stem: json.loads(file.read_text("utf-8")) for file in files}


def expressions(monitoring: Path) -> Iterator[tuple[str, str]]:
    """Yield every expression of rules and dashboards, and where it stands."""
    for rule in rules(monitoring):
        yield rule.get("alert") or rule["record"], rule["expr"]
    for name, dashboard in dashboards(monitoring).items():
        for panel in dashboard["panels"]:
            for target in panel.get("targets", ()):
                yield f"{name}: {panel['title']}", target["expr"]


def metrics_of(expression: str) -> set[str]:
    """Return the names of the metrics that an expression asks for.

    Raises:
        ValueError: It is none.
    """
    for given, taken in WINDOW.items():
        expression = expression.replace(given, taken)
    found: set[str] = set()

    def visit(part: promql_parser.Expr) -> None:
        if isinstance(part, promql_parser.VectorSelector):
            found.add(str(part.name))
        elif isinstance(part, promql_parser.MatrixSelector):
            found.add(str(part.vector_selector.name))

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found
