"""A project's own chaos tests pass on what production runs on, and notice a fault that is worse."""

import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest

from tests.deployment import Deployment
from tests.environments import shell_with
from tests.otlp import Collector
from tests.redis_servers import RedisCluster
from tests.servers import Server, wait_until
from tests.shop import FIGURES, RESERVED

# The demo shop is no part of production; tests have another way to keep passwords.
DEVELOPMENT = {"DJANGO_SETTINGS_MODULE": "config.settings.development"}
TRACED = {"OTEL_TRACES_SAMPLER": "always_on"}
# A worker that dies is missed after some seconds instead of a minute.
WORKER = ("manage.py", "worker", "--poll-interval=0.05")


class Site:
    """A shop at work on everything that can break, until a block ends.

    Attributes:
        faults: Part -> what kills it and brings it back.
    """

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.deployment = stack.enter_context(Deployment("default", redis=RedisCluster))
            self.deployment.manage("seed", "--scale=10", **DEVELOPMENT)
            self._collectors = ExitStack()
            stack.callback(self._collectors.close)
            self.collector = self._collectors.enter_context(Collector())
            self.variables = TRACED | {
                "APP_TASK_CLAIM_TIMEOUT": "5",
                "OTEL_EXPORTER_OTLP_ENDPOINT": self.collector.url,
            }
            self.url = self.deployment.serve(**self.variables)
            self._start_worker()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def faults(self) -> Mapping[str, Callable[[], None]]:
        return {
            "COLLECTOR": self._restart_collector,
            "PGBOUNCER": lambda: self._interrupt(self.deployment.pgbouncer, signal.SIGKILL),
            "POSTGRESQL": lambda: self._interrupt(self.deployment.postgres, signal.SIGQUIT),
            "REDIS": self._fail_over,
            "WORKER": self._replace_worker,
        }

    def figures(self) -> dict[str, int]:
        """Count what the shop has done."""
        ask = self.deployment.postgres.psql
        queries = FIGURES | {"reserved": RESERVED}
        return {name: int(ask(self.deployment.app, "-c", query)) for name, query in queries.items()}

    def chaos(self, part: str, fault: Callable[[], None], folder: Path) -> tuple[int, str]:
        """Run the project's tests of a part with a fault; return the exit status and the output."""
        flag = folder / "broken"
        command = f"touch {flag}; while [ -e {flag} ]; do sleep 0.05; done"
        with (folder / "output").open("w+") as output:
            tests = subprocess.Popen(
                ["make", "chaos", f"URL={self.url}"],
                cwd=self.deployment.folder,
                env=shell_with(self.deployment.environment) | {f"CHAOS_{part}": command},
                stdout=output,
                stderr=output,
            )
            wait_until(lambda: flag.exists() or tests.poll() is not None)
            if flag.exists():
                fault()
                flag.unlink()
            status = tests.wait()
            output.seek(0)
            return status, output.read()

    def _start_worker(self) -> None:
        self.worker = self.deployment.start(*WORKER, **self.variables)

    def _replace_worker(self) -> None:
        self.worker.kill()
        self.worker.wait()
        self._start_worker()

    def _restart_collector(self) -> None:
        self._collectors.close()
        self._collectors.enter_context(Collector(self.collector.server_port))

    def _interrupt(self, server: Server | None, how: signal.Signals) -> None:
        """Let a server be away until it is missed; one that is back at once may not be."""
        assert server
        before = self._turned_away()
        server.stop(how)
        wait_until(lambda: self._turned_away() > before)
        server.start()

    def _turned_away(self) -> int:
        log = (self.deployment.folder / "config.serve.log").read_text("utf-8")
        return log.count("Service Unavailable: /api/")

    def _fail_over(self) -> None:
        redis = self.deployment.redis
        assert isinstance(redis, RedisCluster)
        redis.fail_over(f"{self.deployment.name}:tasks:{{critical}}:waiting:high").start()
        wait_until(redis.is_whole)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.mark.parametrize("part", ["COLLECTOR", "PGBOUNCER", "POSTGRESQL", "REDIS", "WORKER"])
def test_a_part_may_die_while_people_buy(site: Site, part: str, tmp_path: Path) -> None:
    before = site.figures()
    status, output = site.chaos(part, site.faults[part], tmp_path)
    assert status == 0, output
    assert "1 passed, 4 skipped" in output
    after = site.figures()
    bought = after["orders"] - before["orders"]
    assert bought
    assert {name: after[name] - before[name] for name in FIGURES} == dict.fromkeys(FIGURES, bought)
    assert after["reserved"] == 0


def test_customers_who_are_turned_away_are_noticed(site: Site, tmp_path: Path) -> None:
    status, output = site.chaos("WORKER", site.faults["PGBOUNCER"], tmp_path)
    assert status != 0
    assert "1 failed, 4 skipped" in output
    assert "assert [Answer(" in output
