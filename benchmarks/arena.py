"""A project and its peers, all running on one PostgreSQL, each as two Uvicorn processes."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT

import httpx

from tests.deployment import HEADERS, Deployment
from tests.environments import environment_for, shell
from tests.rendering import TEMPLATE
from tests.servers import ADDRESS, free_port, wait_until

PROJECT = "without pgbouncer"
"""Connects to PostgreSQL as its peers do."""
DEMO = {"DJANGO_SETTINGS_MODULE": "config.settings.test"}
CUSTOMER = "customer@example.com"
PEERS = ("fastapi>=0.120",)
SCALE = 50
WORKERS = 2

SIGN_IN = f"""
from apps.authentication import tokens
from apps.authentication.models import User
print(tokens.issue(User.objects.get(email="{CUSTOMER}")).access)
"""
# Connections of all servers at once; more units than this machine can sell; no work left over.
PREPARATIONS = (
    "ALTER SYSTEM SET max_connections = 300",
    "UPDATE inventory_stockitem SET on_hand = 1000000000",
    "VACUUM ANALYZE",
)


@dataclass(frozen=True)
class Application:
    """What Uvicorn serves, and the environment variables it is given besides the project's."""

    path: str
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Contender:
    """Who answers: an application, at addresses that begin alike."""

    application: Application
    prefix: str = ""


WHOLE = Application("config.asgi:application")
STOCK = Application("benchmarks.peers.stock:application")
POOLED = Application("benchmarks.peers.stock:application", (("PEERS_POOL", "yes"),))
CONTENDERS = {
    "v1": Contender(WHOLE, "/api/v1"),
    "v2": Contender(WHOLE, "/api/v2"),
    "drf": Contender(STOCK, "/drf"),
    "ninja": Contender(STOCK, "/ninja"),
    "django": Contender(STOCK, "/django"),
    "drf-pooled": Contender(POOLED, "/drf"),
    "ninja-pooled": Contender(POOLED, "/ninja"),
    "django-pooled": Contender(POOLED, "/django"),
    "fastapi": Contender(Application("benchmarks.peers.with_fastapi:application")),
    "bare": Contender(Application("benchmarks.peers.bare:application")),
}


@dataclass(frozen=True)
class Server:
    """An application that runs: its address, and the process that all its processes come from."""

    url: str
    process: int


class Arena:
    """The servers that contenders need.

    Args:
        deployment: Of the project.
        contenders: Who takes part, by name.
    """

    def __init__(self, deployment: Deployment, contenders: Mapping[str, Contender]) -> None:
        self.deployment = deployment
        self.contenders = contenders
        deployment.manage("seed", f"--scale={SCALE}", **DEMO)
        postgres = deployment.postgres
        for statement in PREPARATIONS:
            postgres.psql(postgres.admin(), "--command", statement)
        postgres.restart(SIGINT)
        applications = {contender.application for contender in contenders.values()}
        self.servers = {application: self._serve(application) for application in applications}

    @property
    def database(self) -> int:
        """The process that all processes of PostgreSQL come from."""
        return int((self.deployment.postgres.data / "postmaster.pid").read_text().split()[0])

    def server(self, name: str) -> Server:
        """Return what runs a contender."""
        return self.servers[self.contenders[name].application]

    def url(self, name: str, path: str) -> str:
        """Return where a contender serves a path."""
        return f"{self.server(name).url}{self.contenders[name].prefix}{path}"

    def sign_in(self) -> dict[str, str]:
        """Return the headers of a customer's requests, good for a quarter of an hour."""
        token = self.deployment.manage("shell", "--no-imports", "--command", SIGN_IN, **DEMO)
        return {**HEADERS, "Authorization": f"Bearer {token.strip()}"}

    def _serve(self, application: Application) -> Server:
        port = free_port()
        url = f"http://{ADDRESS}:{port}"
        variables = {"PYTHONPATH": str(TEMPLATE), **dict(application.variables)}
        command = ("-m", "benchmarks.peers.serve", application.path, str(port), str(WORKERS))
        process = self.deployment.start(*command, **variables)
        try:
            wait_until(lambda: _answers(url))
        except TimeoutError as error:
            # Uvicorn replaces processes that end, for ever.
            raise RuntimeError(
                (self.deployment.folder / f"{command[1]}.log").read_text()
            ) from error
        return Server(url, process.pid)


def environment() -> Path:
    """Return a virtual environment with the very packages of the project, and those of its peers.

    The project's own stays as it is.
    """
    original = environment_for(PROJECT)
    copy = original.with_name("peers")
    packages = _uv("pip", "freeze", "--python", str(original))
    _uv("venv", "--allow-existing", "--python", str(original), str(copy))
    _uv("pip", "install", "--python", str(copy), "--requirement", "-", *PEERS, given=packages)
    return copy


def _uv(*arguments: str, given: str = "") -> str:
    command = ("sh", "scripts/uv.sh", "--quiet", *arguments)
    return subprocess.run(
        command,
        cwd=TEMPLATE,
        env=shell(),
        input=given,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=5)
    except httpx.TransportError:
        return False
    return True
