"""Real server and worker processes, on the database of the test that starts them."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from django.db import connection

from config.environment import BASE_DIR, environment

DEADLINE_SECONDS = 60


def wait_until[T](condition: Callable[[], T], *, seconds: float = DEADLINE_SECONDS) -> T:
    """Look again and again until the condition holds; what it returned then.

    Raises:
        TimeoutError: It never did.
    """
    deadline = time.monotonic() + seconds
    while not (outcome := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{condition} did not come true within {seconds} s")
        time.sleep(0.05)
    return outcome


def free_port() -> int:
    """A port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """The address of the database that the tests write to."""
    url = urlsplit(environment().database_url)
    return f"{url.scheme}://{url.netloc}/{connection.settings_dict['NAME']}?{url.query}"


class Site:
    """A server, and workers as they are asked for; all end with the `with` block.

    Args:
        folder: Where they write their logs.
        variables: Of their environment.
    """

    server: "subprocess.Popen[bytes]"

    def __init__(self, folder: Path, **variables: str) -> None:
        self._folder = folder
        self._variables = variables
        self._processes = ExitStack()
        self.url = f"http://127.0.0.1:{free_port()}"
        self.worker_log = folder / "worker.log"

    def __enter__(self) -> Self:
        port = self.url.rpartition(":")[2]
        with self._processes:
            serve = ("-m", "config.serve", "--port", port)
            self.server = self._start(serve, self._folder / "server.log")
            wait_until(self._is_ready)
            self._processes = self._processes.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._processes.close()

    def start_worker(self, **environment: str) -> "subprocess.Popen[bytes]":
        """Start a worker; its output, console e-mail included, goes to `worker_log`."""
        command = ("manage.py", "worker", "--no-schedule", "--poll-interval", "0.05")
        return self._start(command, self.worker_log, **environment)

    def log_lines(self) -> list[dict[str, Any]]:
        """What server and workers have logged, among which the console's e-mails stand."""
        texts = (log.read_text("utf-8") for log in self._folder.glob("*.log"))
        lines = (line for text in texts for line in text.splitlines())
        return [json.loads(line) for line in lines if line.startswith('{"')]

    def _start(
        self, arguments: tuple[str, ...], log: Path, **environment: str
    ) -> "subprocess.Popen[bytes]":
        return self._processes.enter_context(
            _running([sys.executable, *arguments], log, self._environment() | environment)
        )

    def _environment(self) -> dict[str, str]:
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "PYTHONUNBUFFERED": "1",
            "DATABASE_URL": database_url(),
            "EMAIL_URL": "console:",
            "APP_BASE_URL": self.url,
            "APP_DRAIN_SECONDS": "0",
            **self._variables,
        }

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").is_success
        except httpx.TransportError:
            return False


@contextmanager
def _running(
    command: list[str], log: Path, environment: dict[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    with (
        log.open("ab") as output,
        subprocess.Popen(  # noqa: S603 - this project's own programs
            command, cwd=BASE_DIR, env=environment, stdout=output, stderr=output
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
