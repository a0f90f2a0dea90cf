"""Rules and routes as the real servers understand them, and one alert from end to end."""

import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.deployment import HEADERS, Deployment
from tests.monitoring import expressions, metrics_of, recorded
from tests.monitoring_servers import Alertmanager, Prometheus, World
from tests.redis_servers import Redis
from tests.rendering import answers, render, write
from tests.servers import ADDRESS, free_port, wait_until

# What others export: Prometheus itself, the blackbox exporter, and the job that makes backups, by
# way of the node exporter.
FOREIGN = {
    "ALERTS",
    "backup_last_success_timestamp_seconds",
    "probe_ssl_earliest_cert_expiry",
    "probe_success",
    "up",
}
NAMES = """
import config.asgi
import config.urls
from apps.common.elk import shipping
from apps.common.management.commands import worker
from apps.common.metrics.backlog import backlog
from apps.common.metrics.exposition import Known, registry
from apps.common.redis import cache, counters

SUFFIXES = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"], "gauge": [""]}
for metric in registry(Known(backlog())).collect():
    for suffix in SUFFIXES.get(metric.type, []):
        print(metric.name + suffix)
"""
# Only the queue "emails" is served.
NOBODYS_TASK = "from apps.common.events import deliver_events; deliver_events.enqueue()"
REQUESTS = 20
SCRAPE_TIMEOUT = 10
SERVERS = 2
POOL_SIZE = 10
# The rules as they are would take minutes.
SHORTER = {
    "age_seconds:max > 300\n        for: 1m": "age_seconds:max > 2\n        for: 1s",
}


@pytest.fixture
def monitoring(tmp_path: Path) -> Path:
    """The project's `infra/monitoring`."""
    write(render(answers()), tmp_path)
    return tmp_path / "infra/monitoring"


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, capture_output=True, text=True)


def change(file: Path, given: str, taken: str) -> None:
    text = file.read_text("utf-8")
    assert given in text
    file.write_text(text.replace(given, taken), "utf-8")


CHECKS = {
    "configuration": ("promtool", "check", "config", "prometheus/prometheus.yaml"),
    "rules": ("promtool", "check", "rules", "prometheus/rules/alerts.yaml"),
    "alerts": ("promtool", "test", "rules", "prometheus/tests/alerts.yaml"),
    "alerts of elk": ("promtool", "test", "rules", "prometheus/tests/elk.yaml"),
    "routes": ("amtool", "check-config", "alertmanager/alertmanager.yaml"),
}
MISTAKES = {
    "configuration": ("prometheus/prometheus.yaml", "metrics_path", "metric_path"),
    "rules": ("prometheus/rules/alerts.yaml", "absent(", "absence("),
    "alerts": ("prometheus/rules/alerts.yaml", "> 1000", "> 100"),
    "alerts of elk": ("prometheus/rules/elk.yaml", "> 0", "> 1000"),
    "routes": ("alertmanager/alertmanager.yaml", "receiver: pagerduty", "receiver: nobody"),
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_tools_find_nothing_wrong(monitoring: Path, check: str) -> None:
    program, *rest, file = CHECKS[check]
    done = run(program, *rest, monitoring / file)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("check", CHECKS)
def test_they_notice_a_mistake(monitoring: Path, check: str) -> None:
    file, given, taken = MISTAKES[check]
    change(monitoring / file, given, taken)
    program, *rest, checked = CHECKS[check]
    assert run(program, *rest, monitoring / checked).returncode != 0


@pytest.mark.parametrize(
    ("severity", "receivers"), [("critical", "pagerduty,slack"), ("warning", "slack")]
)
def test_who_is_told_depends_on_how_bad_it_is(
    monitoring: Path, severity: str, receivers: str
) -> None:
    routes = ("amtool", "config", "routes", "test")
    file = f"--config.file={monitoring}/alertmanager/alertmanager.yaml"
    done = run(*routes, file, f"--verify.receivers={receivers}", f"severity={severity}")
    assert done.returncode == 0, done.stdout


@dataclass(frozen=True)
class Shop:
    """A project that is watched: two server processes, and a worker that serves one queue."""

    deployment: Deployment
    urls: list[str]
    worker: str

    @property
    def url(self) -> str:
        """The address of one of the servers."""
        return self.urls[0]

    def visit(self) -> None:
        """Make a request to each of the servers."""
        for url in self.urls:
            assert httpx.get(f"{url}/api/v1/products/", headers=HEADERS).is_success


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Deployment("default", redis=Redis) as deployment:
        folder = tmp_path_factory.mktemp("metrics")
        shared = {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
        urls = [deployment.serve(**shared) for _ in range(SERVERS)]
        worker = f"{ADDRESS}:{free_port()}"
        port = worker.partition(":")[2]
        options = ("--no-schedule", "--queue", "emails", "--metrics-port", port)
        deployment.start("manage.py", "worker", *options)
        yield Shop(deployment, urls, worker)


@pytest.fixture(scope="module")
def exported(shop: Shop) -> set[str]:
    """The names of all series that the project can make."""
    return {*shop.deployment.manage("shell", "--no-imports", "--command", NAMES).split()}


def test_rules_and_dashboards_ask_for_nothing_that_is_not_exported(
    exported: set[str], monitoring: Path
) -> None:
    known = exported | FOREIGN | recorded(monitoring)
    unknown = {
        f"{where}: {name}"
        for where, expression in expressions(monitoring)
        for name in metrics_of(expression) - known
    }
    assert unknown == set()


def test_every_metric_is_documented(exported: set[str], shop: Shop) -> None:
    documents = (shop.deployment.folder / "docs").glob("*.md")
    text = "".join(document.read_text("utf-8") for document in documents)
    own = {name for name in exported if not name.startswith(("process_", "python_"))}
    assert {name for name in own if re.sub("_(bucket|count|sum)$", "", name) not in text} == set()


def test_an_alert_reaches_people_when_a_queue_is_stuck(shop: Shop) -> None:
    infra = shop.deployment.folder / "infra"
    targets = {"web": shop.url.removeprefix("http://"), "worker": shop.worker}
    with (
        World() as world,
        Alertmanager(infra, world.url) as alertmanager,
        Prometheus(infra, targets, f"{ADDRESS}:{alertmanager.port}", SHORTER) as prometheus,
    ):
        wait_until(lambda: prometheus.value("sum(up)") == len(targets))
        assert not world.posted

        shop.deployment.manage("shell", "--no-imports", "--command", NOBODYS_TASK)
        wait_until(lambda: world.to("pagerduty") and world.to("slack"))
        (page,), (message,) = world.to("pagerduty"), world.to("slack")
        assert page["payload"]["summary"] == "A task waits for more than five minutes"
        assert "docs/runbooks/alerts/TaskTooOld.md" in page["payload"]["custom_details"]["alerts"]
        (attachment,) = message["attachments"]
        assert attachment["title"].startswith("FIRING critical: A task waits")
        assert "critical has been due for" in attachment["text"]


def test_prometheus_sees_what_all_server_processes_have_counted(shop: Shop) -> None:
    infra = shop.deployment.folder / "infra"
    target = shop.url.removeprefix("http://")
    with Prometheus(infra, {"web": target}, f"{ADDRESS}:1", {}) as prometheus:
        for _ in range(REQUESTS // SERVERS):
            shop.visit()
        count = 'http_request_duration_seconds_count{route="api/v1/products/", status="2xx"}'
        wait_until(lambda: prometheus.value(count) == REQUESTS)

        def have_both_a_pool() -> bool:
            shop.visit()
            limit = prometheus.value('database_pool_max_connections{pool="requests"}')
            return limit == SERVERS * POOL_SIZE

        wait_until(have_both_a_pool)


def test_who_comes_through_the_proxy_sees_no_figures(shop: Shop) -> None:
    assert httpx.get(f"{shop.url}/metrics").is_success
    assert httpx.get(f"{shop.url}/metrics", headers=HEADERS).status_code == 404


def test_figures_are_told_while_a_server_is_away(shop: Shop) -> None:
    redis = shop.deployment.redis
    assert isinstance(redis, Redis)
    httpx.get(shop.url, headers=HEADERS)
    redis.stop(signal.SIGKILL)
    told = httpx.get(f"{shop.url}/metrics", timeout=SCRAPE_TIMEOUT).text
    redis.start()
    assert 'backlog_readable{source="queues"} 0.0' in told
    assert 'backlog_readable{source="outbox"} 1.0' in told
    assert "http_request_duration_seconds" in told
