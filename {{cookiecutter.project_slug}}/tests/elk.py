"""What the Elastic Common Schema says about a log line, as Elasticsearch is told of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from config.environment import BASE_DIR

TEMPLATE = json.loads((BASE_DIR / "infra/elk/elasticsearch/fields.json").read_text("utf-8"))
FIELDS: dict[str, str] = {
    name: field["type"] for name, field in TEMPLATE["template"]["mappings"]["properties"].items()
}
FIRST = ["@timestamp", "log.level", "message", "ecs.version"]
"""What every line begins with."""


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_address(value: object) -> bool:
    return _parses(ip_address, value)


def _is_date(value: object) -> bool:
    return _parses(lambda text: datetime.fromisoformat(text).tzinfo, value)


def _is_labels(value: object) -> bool:
    return isinstance(value, dict) and all(
        _is_text(item) and "." not in name for name, item in value.items()
    )


def _parses(parse: Callable[[Any], object], value: object) -> bool:
    try:
        return _is_text(value) and bool(parse(value))
    except ValueError:
        return False


KINDS: dict[str, Callable[[object], bool]] = {
    "date": _is_date,
    "ip": _is_address,
    "keyword": _is_text,
    "long": _is_whole,
    "match_only_text": _is_text,
    "object": _is_labels,
    "wildcard": _is_text,
}


def departures(line: Mapping[str, object]) -> Iterator[str]:
    """What in a line is not as the schema has it."""
    if list(line)[: len(FIRST)] != FIRST:
        yield f"does not begin with {', '.join(FIRST)}"
    for name, value in line.items():
        if name not in FIELDS:
            yield f"{name} is no field"
        elif not KINDS[FIELDS[name]](value):
            yield f"{name} is no {FIELDS[name]}: {value!r}"
