"""What the collector of traces is told: nothing is missing, nothing is there in vain."""

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.rendering import PROJECT

pytestmark = pytest.mark.matrix

FOLDER = PROJECT / "infra/otel"
CONFIGURATION = yaml.safe_load((FOLDER / "collector.yaml").read_text("utf-8"))
SERVICES = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))["services"]
KINDS = ("receivers", "processors", "exporters")
POLICIES = {
    "status_code": {"status_codes"},
    "latency": {"threshold_ms"},
    "probabilistic": {"sampling_percentage"},
}


def complaints(configuration: dict[str, Any]) -> Iterator[str]:
    """Say what is wrong with how a collector's parts go together."""
    service = configuration["service"]
    pipelines = service["pipelines"].values()
    used = {kind: {name for pipeline in pipelines for name in pipeline[kind]} for kind in KINDS}
    used["extensions"] = set(service.get("extensions", []))
    for kind, names in used.items():
        defined = set(configuration.get(kind, {}))
        yield from (f"{name} of {kind} is not defined" for name in sorted(names - defined))
        yield from (f"{name} of {kind} is not used" for name in sorted(defined - names))
    for pipeline in pipelines:
        if pipeline["processors"][0] != "memory_limiter":
            yield "memory is not limited first"
        if pipeline["processors"][-1] != "batch":
            yield "what is sent is not batched last"
    for name, exporter in configuration["exporters"].items():
        for help_ in ("sending_queue", "retry_on_failure"):
            if not exporter.get(help_, {}).get("enabled"):
                yield f"{name} gives up at once: no {help_}"
    for policy in configuration["processors"]["tail_sampling"]["policies"]:
        if set(policy.get(policy["type"], {})) != POLICIES[policy["type"]]:
            yield f"the policy {policy['name']} does not say what it is about"


def test_its_parts_go_together() -> None:
    assert list(complaints(CONFIGURATION)) == []


def test_mistakes_are_noticed() -> None:
    broken = copy.deepcopy(CONFIGURATION)
    broken["processors"]["memory_limit"] = broken["processors"].pop("memory_limiter")
    broken["service"]["pipelines"]["traces"]["processors"].reverse()
    broken["exporters"]["otlp_http/jaeger"]["sending_queue"]["enabled"] = False
    broken["processors"]["tail_sampling"]["policies"][0]["status_code"] = {}
    assert list(complaints(broken)) == [
        "memory_limiter of processors is not defined",
        "memory_limit of processors is not used",
        "memory is not limited first",
        "what is sent is not batched last",
        "otlp_http/jaeger gives up at once: no sending_queue",
        "the policy errors does not say what it is about",
    ]


def test_errors_and_slow_traces_are_all_kept_and_of_the_rest_a_share() -> None:
    sampling = CONFIGURATION["processors"]["tail_sampling"]
    assert {policy["type"] for policy in sampling["policies"]} == set(POLICIES)


def test_it_listens_where_compose_says_and_sends_to_a_service_of_compose() -> None:
    protocols = CONFIGURATION["receivers"]["otlp"]["protocols"]
    port = protocols["http"]["endpoint"].rpartition(":")[2]
    assert SERVICES["otel-collector"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    for exporter in CONFIGURATION["exporters"].values():
        (host,) = re.findall(r"^http://([\w-]+):\d+$", exporter["endpoint"])
        assert host in SERVICES
