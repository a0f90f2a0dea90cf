"""The image is built, and the whole system comes up, as hardened as it is in production."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.container.engine import BASE, Engine
from tests.environments import shell
from tests.projects import PROJECTS
from tests.rendering import render, write
from tests.servers import free_port, wait_until

UID = 10001
GRACE = 45  # seconds
STANDINS = ("mailpit", "nginx", "pgbouncer", "postgres", "redis")
TOOLS = ("uv", "gcc", "cc", "make", "git", "curl")


class System:
    """A project that is up and running, as Compose has been told."""

    def __init__(self, engine: Engine, project: Path) -> None:
        self.engine = engine
        self.project = project
        self.ports = {name: str(free_port()) for name in ("HTTP_PORT", "HTTPS_PORT", "MAIL_PORT")}

    def compose(self, *arguments: str) -> str:
        return self.engine.compose(self.project, *arguments, **self.ports)

    def up(self) -> None:
        """Do as `make up` does when there is an image already."""
        self.compose("up", "--detach", "--wait", "--no-build", "--pull", "never")

    def inspect(self, service: str) -> dict[str, Any]:
        container = self.compose("ps", "--all", "--quiet", service)
        (facts,) = json.loads(self.engine.docker("inspect", container))
        return dict(facts)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Come in as the world does, by the name of the site and with TLS."""
        with httpx.Client(verify=False) as client:  # noqa: S501 - nobody has signed for it yet
            return client.request(
                method,
                f"https://127.0.0.1:{self.ports['HTTPS_PORT']}{path}",
                headers={"Host": "example.com"},
                extensions={"sni_hostname": "example.com"},
                **options,
            )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with all parts, whose first `make` has written the lock."""
    folder = tmp_path_factory.mktemp("container") / "project"
    write(render(PROJECTS["default"]), folder)
    lock = ["sh", "scripts/uv.sh", "lock", "--quiet"]
    subprocess.run(lock, cwd=folder, env=shell(), check=True)
    (folder / ".env.production").write_text("APP_DRAIN_SECONDS=2\n")
    return folder


@pytest.fixture(scope="module")
def image(engine: Engine, project: Path) -> str:
    """The project's image."""
    engine.make_base()
    engine.build(project, "fashionistar:local", "--build-arg", "VERSION=1.2.3")
    return "fashionistar:local"


@pytest.fixture(scope="module")
def system(engine: Engine, project: Path, image: str) -> Iterator[System]:  # noqa: ARG001
    """The whole system, with stand-ins for the images of others."""
    subprocess.run(["sh", "infra/compose/secrets.sh"], cwd=project, check=True)
    system = System(engine, project)
    images = system.compose("config", "--images").split()
    engine.make_standins(
        {
            name: tag
            for name in STANDINS
            for tag in images
            if f"/{tag}".split(":")[0].endswith(f"/{name}")
        }
    )
    try:
        system.up()
        yield system
    finally:
        system.compose("down", "--volumes")


def test_the_image_can_be_told_from_others(
    engine: Engine, image: str, record_property: Callable[[str, object], None]
) -> None:
    (facts,), (base,) = (json.loads(engine.docker("inspect", name)) for name in (image, BASE))
    megabytes = round((facts["Size"] - base["Size"]) / 1e6)
    record_property("figure", f"the image has {megabytes} MB besides those of its base")
    labels = facts["Config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == "Fashionistar"
    assert labels["org.opencontainers.image.version"] == "1.2.3"
    assert facts["Config"]["StopSignal"] == "SIGTERM"
    assert facts["Config"]["User"] == f"{UID}:{UID}"


def test_the_image_holds_what_runs_and_no_tools_and_nothing_secret(
    engine: Engine, image: str
) -> None:
    def in_image(script: str) -> list[str]:
        command = ("run", "--rm", "--network=none", image, "sh", "-c", script)
        return engine.docker(*command).split()

    assert in_image("ls -A /app") == [".venv", "apps", "config", "manage.py", "staticfiles"]
    assert in_image(f"for tool in {' '.join(TOOLS)}; do command -v $tool; done; :") == []
    assert (
        in_image(
            "ls /app/.venv/bin /usr/local/bin | grep -x uv; ls -A /root/.cache 2>&1 | grep uv; :"
        )
        == []
    )
    assert in_image("ls /app/config/__pycache__ | grep -c asgi") == ["1"]
    assert in_image("find /app -user 10001 -o -perm -o+w ! -type l") == []
    assert in_image("find / -xdev -name '.env*' -o -xdev -name uv.lock 2>/dev/null; :") == []


def test_without_a_lock_the_build_says_what_to_do(
    engine: Engine, image: str, project: Path, tmp_path: Path
) -> None:
    assert image
    unlocked = shutil.copytree(project, tmp_path / "unlocked", ignore=lambda *_: ["uv.lock", ".uv"])
    with pytest.raises(RuntimeError, match=r"uv\.lock is missing: write it with"):
        engine.build(unlocked, "fashionistar:unlocked")


def test_nobody_is_root_or_may_write_but_where_they_must(system: System) -> None:
    for service in system.compose("ps", "--services").split():
        facts = system.inspect(service)
        assert facts["Config"]["User"] not in {"", "0", "root"}, service
        assert facts["HostConfig"]["ReadonlyRootfs"], service
    with pytest.raises(RuntimeError, match="Read-only file system"):
        system.compose("exec", "-T", "web", "touch", "/app/apps/new.py")
    assert system.compose("exec", "-T", "web", "id", "-u") == str(UID)


def test_the_site_is_served_with_tls_and_ready(system: System) -> None:
    answer = system.request("GET", "/")
    assert answer.is_success
    assert "Fashionistar" in answer.text
    plain = httpx.get(
        f"http://127.0.0.1:{system.ports['HTTP_PORT']}/", headers={"Host": "example.com"}
    )
    assert plain.headers["Location"] == "https://example.com/"
    probe = "from urllib.request import urlopen; print(urlopen('http://web:8000/readyz').status)"
    assert system.compose("exec", "-T", "scheduler", "python", "-c", probe) == "200"


def test_who_registers_gets_an_email_by_way_of_all_parts(system: System) -> None:
    account = {"email": "ann@example.com", "password": "correct horse battery", "full_name": "Ann"}
    answer = system.request("POST", "/api/v1/auth/register/", json=account)
    assert answer.is_success, answer.text
    wait_until(lambda: "ann@example.com" in system.compose("logs", "mailpit"))


def test_the_data_survive_that_all_containers_are_made_anew(system: System) -> None:
    system.compose("down")
    system.up()
    query = "SELECT email FROM authentication_user"
    psql = ("psql", "--username", "postgres", "--tuples-only", "--no-align", "--command", query)
    assert "ann@example.com" in system.compose("exec", "-T", "postgres", *psql, "fashionistar")


@pytest.mark.parametrize("service", ["web", "worker", "scheduler"])
def test_who_is_asked_to_end_does_so_in_time(system: System, service: str) -> None:
    started = time.monotonic()
    system.compose("stop", service)
    assert time.monotonic() - started < GRACE
    assert system.inspect(service)["State"]["ExitCode"] == 0
