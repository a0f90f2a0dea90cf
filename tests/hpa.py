"""The HorizontalPodAutoscaler, by its published algorithm, on the manifests of a project.

A test compares it with what a real controller did. To see what the manifests make of some days, and
to draw that into the project's documents:

    sh scripts/uv.sh run python -m tests.hpa
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean
from typing import Any, Self

from tests.kubernetes import find, manifests
from tests.rendering import PROJECT

TOLERANCE = 0.1
SYNC = 15
"""Seconds between two looks of the controller."""
DRAWING = PROJECT / "docs/kubernetes.svg"

type Curve = Callable[[int], float]
"""What comes in a second, at a second."""


@dataclass(frozen=True)
class Metric:
    """What is to be held at a value, per pod.

    Attributes:
        name: What it is called.
        target: The value: percent of the request of a resource, or an amount.
        of_pods: Whether pods are asked, and those that are not ready count for nothing.
    """

    name: str
    target: float
    of_pods: bool = True

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> Self:
        """Read one of a manifest's metrics."""
        kind = manifest["type"]
        found = manifest[kind.lower()]
        target = found["target"]
        name = found["name"] if kind == "Resource" else found["metric"]["name"]
        value = float(target.get("averageUtilization") or target["averageValue"])
        return cls(name, value, of_pods=kind != "External")

    def wants(self, average: float, replicas: int, ready: int) -> int:
        """Return how many pods it takes.

        Args:
            average: What the metric is for each pod that is ready.
            replicas: How many pods there are.
            ready: How many of them are ready.
        """
        ratio = average / self.target
        if abs(1 - ratio) <= TOLERANCE:
            return replicas
        if not self.of_pods or ready == replicas or ratio < 1:
            return math.ceil(ratio * (ready if self.of_pods else replicas) - 1e-9)
        # Those that start will help: as if they did nothing yet, they hold the others back.
        later = ratio * ready / replicas
        return replicas if later <= 1 + TOLERANCE else math.ceil(later * replicas - 1e-9)


@dataclass(frozen=True)
class Behaviour:
    """How fast it may go in one direction.

    Attributes:
        window: Seconds of which the most careful wish counts.
        policies: Kind, value and seconds of each; the one that allows most counts.
    """

    window: int
    policies: tuple[tuple[str, int, int], ...]

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> Self:
        """Read one direction of a manifest's behaviour."""
        policies = [
            (each["type"], each["value"], each["periodSeconds"]) for each in manifest["policies"]
        ]
        return cls(manifest["stabilizationWindowSeconds"], tuple(policies))


@dataclass
class Autoscaler:
    """One autoscaler, and what it remembers."""

    least: int
    most: int
    metrics: tuple[Metric, ...]
    up: Behaviour
    down: Behaviour
    _wishes: list[tuple[float, int]] = field(default_factory=list)
    _changes: list[tuple[float, int]] = field(default_factory=list)

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> Self:
        """Read a manifest."""
        spec = manifest["spec"]
        return cls(
            spec["minReplicas"],
            spec["maxReplicas"],
            tuple(map(Metric.read, spec["metrics"])),
            Behaviour.read(spec["behavior"]["scaleUp"]),
            Behaviour.read(spec["behavior"]["scaleDown"]),
        )

    def decide(self, now: float, replicas: int, ready: int, averages: Mapping[str, float]) -> int:
        """Return how many pods there are to be from now on."""
        if not self._wishes:
            self._wishes.append((now, replicas))
        wish = max(metric.wants(averages[metric.name], replicas, ready) for metric in self.metrics)
        recent = [(now - then, count) for then, count in self._wishes]
        low = min([wish, *(count for age, count in recent if age < self.up.window)])
        high = max([wish, *(count for age, count in recent if age < self.down.window)])
        self._wishes.append((now, wish))
        chosen = self._within_reach(now, replicas, max(low, min(high, replicas)))
        chosen = max(self.least, min(self.most, chosen))
        if chosen != replicas:
            self._changes.append((now, chosen - replicas))
        return chosen

    def _within_reach(self, now: float, replicas: int, wanted: int) -> int:
        if wanted == replicas:
            return replicas
        rising = wanted > replicas
        reach = []
        for kind, value, period in (self.up if rising else self.down).policies:
            changed = [
                by for then, by in self._changes if now - then < period and (by > 0) is rising
            ]
            start = replicas - sum(changed)
            step = start * value / 100 if kind == "Percent" else value
            reach.append(math.ceil(start + step) if rising else int(start - step))
        return min(wanted, max(replicas, *reach)) if rising else max(wanted, min(replicas, *reach))


# What a pod can do: docs/kubernetes.md has the figures, benchmarks/footprint.py measures them.
MILLISECONDS = 4.0
"""Processor time of a request."""
CORE = 1000 / MILLISECONDS
"""Requests in a second that keep a process busy: it has one core."""
REQUESTED_CORES = 0.5
MEMORY = 50.0
"""Percent of the memory it requests."""
STARTING = 20
"""Seconds until a new pod is ready."""
AVERAGED = {"cpu": 30, "http_requests_per_second": 60}
"""Seconds that figures are averages of: metrics-server's, and those of infra/k8s/adapter.yaml."""
HOUR = 3600


@dataclass(frozen=True)
class Moment:
    """How things stand at a second.

    Attributes:
        second: Which.
        load: What comes.
        replicas: How many pods there are.
        ready: How many of them are ready.
        unserved: Share of what comes that nobody has time for; for workers, tasks that wait.
    """

    second: int
    load: float
    replicas: int
    ready: int
    unserved: float


def web(scaler: Autoscaler, curve: Curve, seconds: int) -> Iterator[Moment]:
    """Replay requests: what they cost is what the autoscaler sees, a little later."""
    started = [-STARTING] * scaler.least
    served: list[float] = []
    for second in range(seconds):
        ready = sum(second - since >= STARTING for since in started)
        each = min(curve(second) / ready, CORE)
        served.append(each)
        if second % SYNC == 0:
            rates = {name: fmean(served[-span:]) for name, span in AVERAGED.items()}
            cpu = math.floor(rates["cpu"] / CORE / REQUESTED_CORES * 100)
            averages = rates | {"cpu": cpu, "memory": MEMORY}
            wanted = scaler.decide(second, len(started), ready, averages)
            started = [*started, *[second] * (wanted - len(started))][:wanted]
        unserved = max(0.0, curve(second) - each * ready) / curve(second)
        yield Moment(second, curve(second), len(started), ready, unserved)


def worker(scaler: Autoscaler, curve: Curve, seconds: int, per_pod: float) -> Iterator[Moment]:
    """Replay tasks: those that wait are what the autoscaler sees."""
    started = [-STARTING] * scaler.least
    waiting = 0.0
    for second in range(seconds):
        ready = sum(second - since >= STARTING for since in started)
        waiting = max(0.0, waiting + curve(second) - ready * per_pod)
        if second % SYNC == 0:
            averages = {"tasks_due": waiting / len(started)}
            wanted = scaler.decide(second, len(started), ready, averages)
            started = [*started, *[second] * (wanted - len(started))][:wanted]
        yield Moment(second, curve(second), len(started), ready, waiting)


CURVES: dict[str, Curve] = {
    "idle": lambda _: 30,
    "step": lambda second: 1500 if 600 <= second < 2400 else 100,
    "ramp": lambda second: 100 + 1900 * max(0.0, 1 - abs(second - 1800) / 1500),
    "spike": lambda second: 1500 if 900 <= second < 930 else 150,
    "flapping": lambda second: 900 if second // 90 % 2 else 300,
}


def autoscaler(name: str = "web", environment: str = "production") -> Autoscaler:
    """Return a fresh autoscaler of the default project."""
    return Autoscaler.read(find(manifests("default", environment), "HorizontalPodAutoscaler", name))


def reversals(replicas: Sequence[int]) -> int:
    """Count how often a number that grew shrinks, or the other way round."""
    changes = [after - before for before, after in pairwise(replicas)]
    signs = [change > 0 for change in changes if change]
    return sum(one is not other for one, other in pairwise(signs))


WIDTH, HEIGHT, LEFT, GAP = 640, 110, 70, 46
GREY, BLUE = "#9aa5b1", "#1f6feb"


def drawing() -> str:
    """Draw what the web autoscaler makes of each curve, as SVG."""
    charts = "".join(
        f'<g transform="translate({LEFT} {24 + number * (HEIGHT + GAP)})">\n{chart(name)}</g>\n'
        for number, name in enumerate(CURVES)
    )
    size = f'width="{LEFT + WIDTH + 80}" height="{len(CURVES) * (HEIGHT + GAP)}"'
    style = 'font-family="sans-serif" font-size="12" fill="none"'
    background = '<rect width="100%" height="100%" fill="#fff"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{background}\n{charts}</svg>\n'
    )


def chart(name: str) -> str:
    """Draw one hour."""
    moments = list(web(autoscaler(), CURVES[name], HOUR))[::SYNC]
    loads = [moment.load for moment in moments]
    counts = [moment.replicas for moment in moments]
    parts = [
        line(loads, GREY),
        line(counts, BLUE),
        f'<path d="M0 0v{HEIGHT}h{WIDTH}" stroke="#000"/>',
        f'<text y="-8" fill="#000" font-weight="bold">{name}</text>',
        f'<text x="-6" y="10" text-anchor="end" fill="{GREY}">{max(loads):.0f}/s</text>',
        f'<text x="{WIDTH + 6}" y="10" fill="{BLUE}">{max(counts)} pods</text>',
        f'<text x="{WIDTH}" y="{HEIGHT + 14}" text-anchor="end" fill="#000">one hour</text>',
    ]
    return "".join(f"{part}\n" for part in parts)


def line(values: Sequence[float], colour: str) -> str:
    """Draw values from left to right, the highest at the top."""
    across, up = WIDTH / len(values), HEIGHT / max(values)
    points = " ".join(
        f"{index * across:.0f},{HEIGHT - value * up:.0f}" for index, value in enumerate(values)
    )
    return f'<polyline points="{points}" stroke="{colour}" stroke-width="2"/>'


if __name__ == "__main__":
    DRAWING.write_text(drawing(), "utf-8")
