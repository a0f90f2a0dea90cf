"""What the real Prometheus tells Kubernetes: how busy pods are, and how a new version does."""

import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Self

import httpx
import pytest
import yaml

from tests.adapter import Adapter
from tests.canary import roll_out
from tests.deployment import HEADERS, Deployment, is_ready
from tests.kubernetes import Manifest, config, container, find, manifests, pods
from tests.monitoring_servers import Prometheus
from tests.redis_servers import Redis
from tests.servers import ADDRESS, free_port, wait_until

NAMESPACE = "fashionistar"
ENQUEUE = (
    "from apps.common.events import deliver_events; "
    "from datetime import timedelta; from django.utils import timezone; "
    "[deliver_events.enqueue() for _ in range({due})]; "
    "later = timezone.now() + timedelta(hours=1); "
    "[deliver_events.using(run_after=later).enqueue() for _ in range({later})]"
)
META = "__meta_kubernetes_"
RATE = 1000.0
"""Requests a second that a stand-in for a version counts."""
VERSIONS = {"stable": (0.0, 0.05), "good": (0.0005, 0.05), "bad": (0.01, 0.05), "slow": (0.0, 0.4)}
"""Share of errors, and seconds that nineteen of twenty requests take."""


@dataclass(frozen=True)
class Pod:
    """A process as Kubernetes would list it.

    Attributes:
        name: Its own.
        component: What it is.
        port: The name of the port it listens to.
        address: Where that is.
        version: The digest of its template.
    """

    name: str
    component: str
    port: str
    address: str
    version: str = ""

    def labels(self) -> dict[str, str]:
        """Return what service discovery knows of it."""
        return {
            f"{META}namespace": NAMESPACE,
            f"{META}pod_name": self.name,
            f"{META}pod_container_port_name": self.port,
            f"{META}pod_label_app_kubernetes_io_component": self.component,
            f"{META}pod_label_rollouts_pod_template_hash": self.version,
        }


class ClusterPrometheus(Prometheus):
    """Prometheus as the manifests configure it, with a list of pods in the place of Kubernetes."""

    def __init__(self, manifests: list[Manifest], *pods: Pod) -> None:
        super().__init__(Path(), {}, "", {})
        self.manifests = manifests
        self.pods = pods

    def configure(self) -> None:
        """Write what the ConfigMaps hold."""
        content = yaml.safe_load(config(self.manifests, "prometheus")["prometheus.yaml"])
        content["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        del content["alerting"]
        jobs = [job for job in content["scrape_configs"] if "kubernetes_sd_configs" in job]
        for job in jobs:
            del job["kubernetes_sd_configs"]
            job["static_configs"] = [
                {"targets": [pod.address], "labels": pod.labels()} for pod in self.pods
            ]
        content["scrape_configs"] = jobs
        (self.folder / "prometheus.yaml").write_text(yaml.safe_dump(content), "utf-8")
        (self.folder / "rules").mkdir()
        for name, text in config(self.manifests, "prometheus-rules").items():
            (self.folder / "rules" / name).write_text(text, "utf-8")

    def samples(self, query: str) -> list[tuple[dict[str, str], float]]:
        """Return what a query finds."""
        answer = httpx.get(
            f"http://{ADDRESS}:{self.port}/api/v1/query", params={"query": query}
        ).json()
        if answer["status"] != "success":
            raise ValueError(answer["error"])
        return [(each["metric"], float(each["value"][1])) for each in answer["data"]["result"]]

    def values(self, query: str) -> list[float]:
        """Return the values alone."""
        return [value for _, value in self.samples(query)]


@dataclass(frozen=True)
class Cluster:
    """A project whose processes are watched as in a cluster."""

    deployment: Deployment
    prometheus: ClusterPrometheus
    url: str
    adapter: Adapter

    def worth(self, autoscaler: str, kind: str) -> dict[str, float]:
        """Return what the adapter tells an autoscaler about its metric of a kind."""
        spec = find(manifests(), "HorizontalPodAutoscaler", autoscaler)["spec"]
        (metric,) = [each for each in spec["metrics"] if each["type"] == kind]
        return self.adapter.for_metric(self.prometheus.samples, metric, NAMESPACE)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server, and a worker with the arguments of the manifests, but for the port."""
    with Deployment("default", redis=Redis) as deployment:
        url = deployment.serve()
        found = [Pod("web-1", "web", "http", url.removeprefix("http://"), "stable")]
        command = container(pods(manifests())["worker-emails"])["args"]
        port = str(free_port())
        deployment.start(*command[1:-1], port)
        found.append(Pod("worker-emails-1", "worker", "metrics", f"{ADDRESS}:{port}"))
        values = (deployment.folder / "infra/k8s/adapter.yaml").read_text("utf-8")
        with ClusterPrometheus(manifests(), *found) as prometheus:
            wait_until(lambda: prometheus.values("sum(up)") == [len(found)])
            adapter = Adapter.read(yaml.safe_load(values))
            yield Cluster(deployment, prometheus, url, adapter)


def test_each_job_has_its_own_processes_and_no_others(cluster: Cluster) -> None:
    up = {
        (labels["job"], labels["pod"], labels["namespace"])
        for labels, _ in cluster.prometheus.samples("up")
    }
    assert up == {
        ("web", "web-1", NAMESPACE),
        ("worker", "worker-emails-1", NAMESPACE),
    }


def test_workers_are_scaled_by_the_tasks_of_their_queue_that_are_due(cluster: Cluster) -> None:
    command = ENQUEUE.format(due=7, later=5)
    cluster.deployment.manage("shell", "--no-imports", "--command", command)
    wait_until(lambda: cluster.worth("worker-critical", "External") == {"": 7})
    assert cluster.worth("worker-emails", "External") == {"": 0}
    assert cluster.worth("worker-analytics", "External") == {"": 0}


def test_servers_are_scaled_by_the_requests_that_each_pod_answers(cluster: Cluster) -> None:
    def rate() -> float:
        httpx.get(f"{cluster.url}/api/v1/products/", headers=HEADERS).raise_for_status()
        return cluster.worth("web", "Pods").get("web-1", 0)

    httpx.get(f"{cluster.url}/api/v1/products/", headers=HEADERS).raise_for_status()
    count = 'http_request_duration_seconds_count{pod="web-1"}'
    wait_until(lambda: cluster.prometheus.values(count))
    wait_until(lambda: rate() > 0.1)


def test_a_metric_that_nobody_exports_is_noticed(cluster: Cluster) -> None:
    spec = find(manifests(), "HorizontalPodAutoscaler", "worker-emails")["spec"]
    broken = Adapter.read(
        yaml.safe_load(
            (cluster.deployment.folder / "infra/k8s/adapter.yaml")
            .read_text("utf-8")
            .replace("queue:tasks_due:max", "queue:tasks_overdue:max")
        )
    )
    with pytest.raises(LookupError, match="queue:tasks_overdue:max"):
        broken.for_metric(cluster.prometheus.samples, spec["metrics"][0], NAMESPACE)


class Visitors:
    """People who ask one pod after the other, of those that a Service leads to.

    Attributes:
        pods: Where requests go.
        outcomes: What became of each.
    """

    def __init__(self, *pods: str) -> None:
        self.pods = list(pods)
        self.outcomes: list[str] = []
        self._over = Event()
        self._threads = [Thread(target=self._visit, args=(first,)) for first in range(4)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self) -> None:
        """Return when they have asked each pod many times again."""
        before = len(self.outcomes)
        wait_until(lambda: len(self.outcomes) > before + 100)

    def _visit(self, number: int) -> None:
        with httpx.Client(headers=HEADERS, timeout=20) as client:
            while not self._over.is_set():
                number += 1
                pods = self.pods
                try:
                    answer = client.get(f"{pods[number % len(pods)]}/api/v1/products/")
                    self.outcomes.append(str(answer.status_code))
                except httpx.HTTPError as error:
                    self.outcomes.append(repr(error))


def start_pod(deployment: Deployment) -> "tuple[str, subprocess.Popen[bytes]]":
    """Start a server with the arguments and the patience of the manifests."""
    command = container(pods(manifests())["web"])["args"]
    port = str(free_port())
    process = deployment.start(
        *command[1 : command.index("--host")],
        *("--port", port),
        APP_DRAIN_SECONDS=config(manifests())["APP_DRAIN_SECONDS"],
    )
    url = f"http://{ADDRESS}:{port}"
    wait_until(lambda: is_ready(url))
    assert httpx.get(f"{url}/startupz").is_success
    return url, process


def test_a_rolling_restart_loses_no_request(cluster: Cluster) -> None:
    """Word that a pod ends spreads late: requests come for half of the time that it drains."""
    drain = int(config(manifests())["APP_DRAIN_SECONDS"])
    grace = pods(manifests())["web"]["spec"]["terminationGracePeriodSeconds"]
    (url, process), (new, other) = (start_pod(cluster.deployment) for _ in range(2))
    with Visitors(url) as visitors:
        visitors.wait_for_more()
        visitors.pods = [url, new]
        process.terminate()
        told = time.monotonic()
        wait_until(lambda: not is_ready(url))
        wait_until(lambda: time.monotonic() - told > drain / 2)
        visitors.pods = [new]
        assert process.wait(grace) == 0
        assert time.monotonic() - told >= drain
        visitors.wait_for_more()
    other.kill()
    assert set(visitors.outcomes) == {"200"}


class Version(ThreadingHTTPServer):
    """Counts requests that nobody makes, evenly, as a version of the project would."""

    def __init__(self, errors: float, seconds: float) -> None:
        super().__init__((ADDRESS, 0), Figures)
        self.errors = errors
        self.seconds = seconds
        self.began = time.monotonic() - 60

    def __enter__(self) -> Self:
        self._thread = Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class Figures(BaseHTTPRequestHandler):
    """One answer."""

    server: Version

    def do_GET(self) -> None:
        """Tell what has been counted."""
        total = (time.monotonic() - self.server.began) * RATE
        name, labels = "http_request_duration_seconds", 'version="v1",method="GET",route="x"'
        lines = [f"# TYPE {name} histogram"]
        shares = {"2xx": 1 - self.server.errors, "5xx": self.server.errors}
        for status, share in shares.items():
            for limit in ("0.1", "0.25", "0.5", "+Inf"):
                within = 0.96 if float(limit) >= self.server.seconds else 0.0
                count = total * share * (1 if limit == "+Inf" else within)
                lines.append(f'{name}_bucket{{{labels},status="{status}",le="{limit}"}} {count}')
            lines.append(f'{name}_count{{{labels},status="{status}"}} {total * share}')
            lines.append(f'{name}_sum{{{labels},status="{status}"}} {total * share}')
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write("\n".join([*lines, ""]).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as there
        """Say nothing."""


@pytest.fixture(scope="module")
def tried() -> Iterator[ClusterPrometheus]:
    """Prometheus while versions of all kinds run."""
    servers = {name: Version(*figures) for name, figures in VERSIONS.items()}
    found = [
        Pod(f"web-{name}", "web", "http", f"{ADDRESS}:{server.server_port}", name)
        for name, server in servers.items()
    ]
    stable, good, bad, slow = servers.values()
    with stable, good, bad, slow, ClusterPrometheus(manifests(), *found) as prometheus:
        counted = "count(rate(http_request_duration_seconds_count[2m]))"
        wait_until(lambda: prometheus.values(counted) == [2 * len(servers)])
        yield prometheus


@pytest.mark.parametrize(
    ("version", "outcome"),
    [
        ("good", ([10, 50, 100], "Healthy")),
        ("bad", ([10, 0], "Degraded")),
        ("slow", ([10, 0], "Degraded")),
        ("nowhere", ([10], "Paused")),
    ],
)
def test_a_version_gets_all_requests_if_it_passes_and_none_if_it_fails(
    tried: ClusterPrometheus, version: str, outcome: tuple[list[int], str]
) -> None:
    found = manifests()
    rollout, template = find(found, "Rollout"), find(found, "AnalysisTemplate")
    assert roll_out(rollout, template, version, tried.values) == outcome


def test_errors_of_another_version_are_not_held_against_it(tried: ClusterPrometheus) -> None:
    metrics = find(manifests(), "AnalysisTemplate")["spec"]["metrics"]
    query = metrics[0]["provider"]["prometheus"]["query"]
    assert tried.values(query.replace("{{args.version}}", "bad")) == [pytest.approx(0.01)]
    assert tried.values(query.replace("{{args.version}}", "good")) == [pytest.approx(0.0005)]
    assert tried.values(query.replace("{{args.version}}", "stable")) == [0.0]
