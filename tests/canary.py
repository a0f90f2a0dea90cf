"""Argo Rollouts, as its documents describe it: what becomes of a new version."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from operator import ge, lt
from typing import Any

CONDITION = re.compile(r"len\(result\) > 0 && result\[0\] (<|>=) ([\d.]+)")
COMPARE = {"<": lt, ">=": ge}

type Ask = Callable[[str], list[float]]
"""Asks Prometheus, and returns the values it finds."""
type Metric = Mapping[str, Any]


def holds(condition: str, result: Sequence[float]) -> bool:
    """Tell whether a result meets a condition.

    Raises:
        ValueError: The condition is none of the kind we use.
    """
    found = CONDITION.fullmatch(condition)
    if not found:
        raise ValueError(f"unknown condition: {condition}")
    return bool(result) and COMPARE[found[1]](result[0], float(found[2]))


def phase(metric: Metric, results: Iterator[Sequence[float]]) -> str:
    """Return how one metric ends, when it is measured again and again."""
    counted = dict.fromkeys(("Failed", "Inconclusive"), 0)
    limits = {"Failed": metric["failureLimit"], "Inconclusive": metric["inconclusiveLimit"]}
    for result in islice(results, metric["count"]):
        if holds(metric["failureCondition"], result):
            verdict = "Failed"
        elif holds(metric["successCondition"], result):
            continue
        else:
            verdict = "Inconclusive"
        counted[verdict] += 1
        if counted[verdict] > limits[verdict]:
            return verdict
    return "Successful"


def analyse(template: Mapping[str, Any], version: str, ask: Ask) -> str:
    """Return how the analysis of a version ends; the worst of its metrics decides."""

    def results(query: str) -> Iterator[Sequence[float]]:
        while True:
            yield ask(query.replace("{{args.version}}", version))

    metrics = template["spec"]["metrics"]
    phases = {phase(each, results(each["provider"]["prometheus"]["query"])) for each in metrics}
    return next(each for each in ("Failed", "Inconclusive", "Successful") if each in phases)


def roll_out(
    rollout: Mapping[str, Any], template: Mapping[str, Any], version: str, ask: Ask
) -> tuple[list[int], str]:
    """Return the shares of requests that a version gets one after the other, and how it ends.

    Whoever has to promote it does so at once.
    """
    weights: list[int] = []
    for step in rollout["spec"]["strategy"]["canary"]["steps"]:
        if "setWeight" in step:
            weights.append(step["setWeight"])
        if "analysis" in step:
            ended = analyse(template, version, ask)
            if ended == "Failed":
                return [*weights, 0], "Degraded"
            if ended == "Inconclusive":
                return weights, "Paused"
    return weights, "Healthy"
