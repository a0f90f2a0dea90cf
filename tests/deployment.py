"""A project as it is deployed: in production, on PostgreSQL, each process with its own role."""

import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import httpx

from tests.environments import environment_for, shell_with
from tests.projects import PROJECTS
from tests.redis_servers import RedisService
from tests.rendering import render, write
from tests.servers import ADDRESS, PgBouncer, Postgres, free_port, wait_until

PASSWORDS = {
    "APP_PASSWORD": "the app's / 100 %",
    "MIGRATOR_PASSWORD": "the migrator's / 100 %",
    "PGBOUNCER_PASSWORD": PgBouncer.ADMIN[1],
}
TESTER = ("tester", "testing")
"""A role that may create databases."""

# As the proxy in front of it would send them.
HEADERS = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}


class Deployment:
    """A project with its PostgreSQL and, when it has the part, its PgBouncer, until a block ends.

    Args:
        project: Its name in `PROJECTS`.
        redis: The kind of Redis it has, if any.
        pgbouncer: What runs PgBouncer.
        environment: Where its packages are installed, by default with nothing else.
    """

    postgres: Postgres
    pgbouncer: PgBouncer | None = None
    redis: RedisService | None = None

    def __init__(
        self,
        project: str,
        *,
        redis: type[RedisService] | None = None,
        pgbouncer: Sequence[str] = ("pgbouncer",),
        environment: Path | None = None,
    ) -> None:
        self.answers = PROJECTS[project]
        self.name = str(self.answers["project_slug"])
        self.environment = environment or environment_for(project)
        self._program = pgbouncer
        self._redis = redis
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with self._stack:
            temporary = tempfile.TemporaryDirectory(prefix="deployment-")
            self.folder = Path(self._stack.enter_context(temporary)) / self.name
            # PostgreSQL's account looks into it.
            self.folder.parent.chmod(0o755)
            write(render(self.answers), self.folder)
            infra = self.folder / "infra"
            self.postgres = self._stack.enter_context(Postgres(infra, self.name))
            self.set_up(infra / "postgres/roles.sql")
            role = "CREATE ROLE tester LOGIN CREATEDB PASSWORD 'testing'"
            self.postgres.psql(self.postgres.admin(), "--command", role)
            if self.answers["use_pgbouncer"]:
                self.set_up(infra / "pgbouncer/auth.sql")
                pooler = PgBouncer(self.postgres, dict([TESTER]), self._program)
                self.pgbouncer = self._stack.enter_context(pooler)
            if self._redis:
                self.redis = self._redis(infra, self.name)
                self._stack.enter_context(self.redis)
            self.manage("migrate", "--verbosity=0", DATABASE_URL=self.migrator)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def front(self) -> PgBouncer | Postgres:
        """What the application connects to."""
        return self.pgbouncer or self.postgres

    @property
    def app(self) -> str:
        """The database's address for web and worker processes."""
        return self.front.url(f"{self.name}_app", PASSWORDS["APP_PASSWORD"], self.name)

    @property
    def migrator(self) -> str:
        """The database's address for whoever changes the schema."""
        password = PASSWORDS["MIGRATOR_PASSWORD"]
        return self.postgres.url(f"{self.name}_migrator", password, self.name)

    @property
    def redis_url(self) -> str:
        """The address of Redis for web and worker processes; empty when there is none."""
        return self.redis.url if self.redis else ""

    def set_up(self, script: Path) -> str:
        """Run one of the project's scripts as PostgreSQL's administrator."""
        options = ("--set", f"name={self.name}", "--file", str(script))
        return self.postgres.psql(self.postgres.admin("postgres"), *options, **PASSWORDS)

    def manage(self, *arguments: str, **variables: str) -> str:
        """Run a management command and return what it printed.

        Raises:
            RuntimeError: It failed; the message is what it said.
        """
        done = subprocess.run(
            [self.environment / "bin/python", "manage.py", *arguments],
            cwd=self.folder,
            env=self.variables() | variables,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout

    def test(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the project's own tests in databases that they create behind what it connects to."""
        return subprocess.run(
            [self.environment / "bin/pytest", *arguments],
            cwd=self.folder,
            env=shell_with(self.environment)
            | {"DATABASE_URL": self.front.url(*TESTER, "postgres"), "REDIS_URL": self.redis_url},
            check=False,
            capture_output=True,
            text=True,
        )

    def serve(self, **variables: str) -> str:
        """Start a web server, wait until it is ready, and return its address.

        Args:
            variables: Of its environment, besides the usual ones.
        """
        port = free_port()
        url = f"http://{ADDRESS}:{port}"
        self.start("-m", "config.serve", "--port", str(port), **variables)
        wait_until(lambda: is_ready(url))
        return url

    def start(self, *arguments: str, **variables: str) -> "subprocess.Popen[bytes]":
        """Start a Python process of the project; it ends with the block."""
        log = self._stack.enter_context((self.folder / f"{arguments[1]}.log").open("ab"))
        process = subprocess.Popen(
            [self.environment / "bin/python", *arguments],
            cwd=self.folder,
            env=self.variables() | variables,
            stdout=log,
            stderr=log,
        )
        self._stack.callback(process.wait)
        self._stack.callback(process.terminate)
        return process

    def log_lines(self) -> list[str]:
        """Return what the project's processes have logged."""
        logs = self.folder.glob("*.log")
        return [line for log in logs for line in log.read_text("utf-8").splitlines()]

    def variables(self) -> dict[str, str]:
        """Return the environment of the project's processes: its own example, for this machine."""
        example = (self.folder / ".env.production.example").read_text("utf-8").splitlines()
        given = dict(line.split("=", 1) for line in example if line and line[0] != "#")
        here = {
            "APP_ALLOWED_HOSTS": ADDRESS,
            "APP_DRAIN_SECONDS": "0",
            "DATABASE_URL": self.app,
            "EMAIL_URL": "console:",
            "REDIS_URL": self.redis_url,
        }
        unlimited = dict.fromkeys(("APP_RATE_ANONYMOUS", "APP_RATE_USER"), "1000000/second")
        return shell_with(self.environment) | given | here | unlimited


def is_ready(url: str) -> bool:
    """Tell whether a web process can do its work."""
    try:
        return httpx.get(f"{url}/readyz", timeout=5).is_success
    except httpx.TransportError:
        return False
