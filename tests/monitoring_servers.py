"""Prometheus and Alertmanager from the system's packages, as a project's `infra/` configures them.

Only what depends on the machine is set anew: addresses, folders, and how long things take.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

import httpx
import yaml

from tests.servers import ADDRESS, Server


class Prometheus(Server):
    """Prometheus with the configuration and the rules of a project.

    Args:
        infra: The project's folder `infra/`.
        targets: Where each job is; jobs that are not named are left out.
        alertmanager: Whom it tells.
        shorter: What is replaced in the rules, so that they take seconds.
    """

    def __init__(
        self, infra: Path, targets: dict[str, str], alertmanager: str, shorter: dict[str, str]
    ) -> None:
        super().__init__()
        self.configuration = infra / "monitoring/prometheus"
        self.targets = targets
        self.alertmanager = alertmanager
        self.shorter = shorter

    def configure(self) -> None:
        """Write the project's configuration with addresses of this machine."""
        text = (self.configuration / "prometheus.yaml").read_text("utf-8")
        content = yaml.safe_load(text)
        content["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        content["alerting"]["alertmanagers"] = [
            {"static_configs": [{"targets": [self.alertmanager]}]}
        ]
        content["scrape_configs"] = [
            {
                "job_name": job["job_name"],
                "static_configs": [{"targets": [self.targets[job["job_name"]]]}],
            }
            for job in content["scrape_configs"]
            if job["job_name"] in self.targets
        ]
        (self.folder / "prometheus.yaml").write_text(yaml.safe_dump(content))
        (self.folder / "rules").mkdir()
        for file in (self.configuration / "rules").iterdir():
            rules = file.read_text("utf-8")
            for given, taken in self.shorter.items():
                rules = rules.replace(given, taken)
            (self.folder / "rules" / file.name).write_text(rules)

    def command(self) -> list[str]:
        """Return what runs the server."""
        return [
            "prometheus",
            "--config.file=prometheus.yaml",
            "--storage.tsdb.path=data",
            f"--web.listen-address={ADDRESS}:{self.port}",
            "--rules.alert.resend-delay=1s",
        ]

    def answers(self) -> bool:
        """Tell whether the server can do its work."""
        return is_ready(f"http://{ADDRESS}:{self.port}/-/ready")

    def value(self, expression: str) -> float | None:
        """Return what an expression is worth now, or None if it finds nothing."""
        url = f"http://{ADDRESS}:{self.port}/api/v1/query"
        found = httpx.get(url, params={"query": expression}).json()["data"]["result"]
        return float(found[0]["value"][1]) if found else None


class Alertmanager(Server):
    """Alertmanager with the routes of a project.

    Args:
        infra: The project's folder `infra/`.
        world: Stands for Slack and PagerDuty.
    """

    def __init__(self, infra: Path, world: str) -> None:
        super().__init__()
        self.configuration = infra / "monitoring/alertmanager/alertmanager.yaml"
        self.world = world

    def configure(self) -> None:
        """Write the project's configuration with secrets of this machine."""
        (self.folder / "slack_webhook_url").write_text(f"{self.world}/slack")
        (self.folder / "pagerduty_routing_key").write_text("a" * 32)
        text = self.configuration.read_text("utf-8").replace("/run/secrets/", f"{self.folder}/")
        content = yaml.safe_load(text.replace("group_wait: 30s", "group_wait: 1s"))
        content["global"]["pagerduty_url"] = f"{self.world}/pagerduty"
        (self.folder / "alertmanager.yaml").write_text(yaml.safe_dump(content))

    def command(self) -> list[str]:
        """Return what runs the server."""
        return [
            "prometheus-alertmanager",
            "--config.file=alertmanager.yaml",
            "--storage.path=data",
            f"--web.listen-address={ADDRESS}:{self.port}",
            "--cluster.listen-address=",
        ]

    def answers(self) -> bool:
        """Tell whether the server can do its work."""
        return is_ready(f"http://{ADDRESS}:{self.port}/-/ready")


class World(ThreadingHTTPServer):
    """Takes what is posted to anybody outside.

    Attributes:
        posted: Path and body of everything.
    """

    def __init__(self) -> None:
        super().__init__((ADDRESS, 0), Posted)
        self.posted: list[tuple[str, Any]] = []
        self.url = f"http://{ADDRESS}:{self.server_port}"

    def __enter__(self) -> Self:
        self._thread = Thread(target=self.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def to(self, whom: str) -> list[Any]:
        """Return what was posted to somebody."""
        return [body for path, body in self.posted if path == f"/{whom}"]


class Posted(BaseHTTPRequestHandler):
    """One message."""

    server: World

    def do_POST(self) -> None:
        """Take it."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.posted.append((self.path, body))
        self.send_response(202)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as there
        """Say nothing."""


def is_ready(url: str) -> bool:
    """Tell whether a server says that it is."""
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False
