"""prometheus-adapter, as its documents describe its rules: what it tells an autoscaler."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

type Sample = tuple[Mapping[str, str], float]
type Ask = Callable[[str], Iterable[Sample]]
"""Asks Prometheus, and returns labels and values."""


@dataclass(frozen=True)
class Rule:
    """How one metric is found, called and asked for.

    Attributes:
        series: Which series it is about.
        pattern: What their names look like.
        name: What the metric is called.
        query: What is asked, with gaps.
    """

    series: str
    pattern: str
    name: str
    query: str

    @classmethod
    def read(cls, rule: Mapping[str, Any]) -> Self:
        """Read a rule of the chart's values."""
        name = rule["name"]
        return cls(rule["seriesQuery"], name.get("matches", ".*"), name["as"], rule["metricsQuery"])

    def ask(self, ask: Ask, matchers: Mapping[str, str], group: str = "") -> list[Sample]:
        """Ask for the metric.

        Args:
            ask: Asks Prometheus.
            matchers: The labels of what is asked about.
            group: The label that tells objects apart.

        Raises:
            LookupError: There are no such series, so that the metric does not exist.
        """
        names = {labels["__name__"] for labels, _ in ask(self.series)}
        found = [name for name in names if re.fullmatch(self.pattern, name)]
        if not found:
            raise LookupError(f"nothing is like {self.series}")
        gaps = {
            "Series": found[0],
            "LabelMatchers": ",".join(f'{name}="{value}"' for name, value in matchers.items()),
            "GroupBy": group,
        }
        query = re.sub(r"<<\.(\w+)>>", lambda gap: gaps[gap[1]], self.query)
        return list(ask(query))


@dataclass(frozen=True)
class Adapter:
    """The rules of a project, by the names of their metrics."""

    external: Mapping[str, Rule]
    pods: Mapping[str, Rule]

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Read the chart's values."""
        rules = [list(map(Rule.read, values["rules"][kind])) for kind in ("external", "custom")]
        return cls(*({rule.name: rule for rule in each} for each in rules))

    def for_metric(self, ask: Ask, metric: Mapping[str, Any], namespace: str) -> dict[str, float]:
        """Return what an autoscaler's metric is worth: for each pod, or as a whole.

        Args:
            ask: Asks Prometheus.
            metric: As it stands in the autoscaler's manifest.
            namespace: Where the autoscaler is.
        """
        if metric["type"] == "External":
            asked = metric["external"]["metric"]
            samples = self.external[asked["name"]].ask(ask, asked["selector"]["matchLabels"])
            return {"": sum(value for _, value in samples)}
        rule = self.pods[metric["pods"]["metric"]["name"]]
        samples = rule.ask(ask, {"namespace": namespace}, group="pod")
        return {labels["pod"]: value for labels, value in samples}
