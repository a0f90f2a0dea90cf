"""Backups of a project by its own scripts and configuration, into a folder and a bucket.

Only what depends on the machine is set anew, by the tools' own variables. The scripts run as the
account of PostgreSQL, as they do on a server.
"""

import os
import shutil
import signal
import ssl
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import httpx

from tests.deployment import Deployment
from tests.servers import ADDRESS, PROGRAMS, Postgres, Server

LOGIN = {"AWS_ACCESS_KEY_ID": "the-key", "AWS_SECRET_ACCESS_KEY": "the-secret"}
COUNT = "SELECT '{0}', count(*), md5(string_agg(md5(row::text), '' ORDER BY md5(row::text)))"


class ObjectStorage(Server):
    """What speaks the API of S3, over TLS."""

    host = "localhost"

    def configure(self) -> None:
        """Need nothing but the certificate."""

    def command(self) -> list[str]:
        """Return what runs the server."""
        # pgBackRest wants connections to stay open, which moto's own server does not do.
        certificate = ("--certfile", str(self.certificate), "--keyfile", str(self.key))
        address = ("--bind", f"{ADDRESS}:{self.port}", "--threads", "8", "--no-control-socket")
        program = str(Path(sys.executable).with_name("gunicorn"))
        return [program, *address, *certificate, "moto.server:create_backend_app('s3')"]

    def answers(self) -> bool:
        """Tell whether the server takes requests."""
        try:
            return self._request("GET", "/").is_success
        except httpx.TransportError:
            return False

    def make_bucket(self, name: str) -> None:
        """Create a bucket."""
        self._request("PUT", f"/{name}").raise_for_status()

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://{self.host}:{self.port}"

    def _request(self, method: str, path: str) -> httpx.Response:
        context = ssl.create_default_context(cafile=self.authority)
        return httpx.request(method, self.url + path, verify=context)


class Backups:
    """Backups of a deployment, set up as its runbook says, until a block ends."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.postgres: Postgres = deployment.postgres
        self.scripts = deployment.folder / "infra/backup"
        self.secrets = self.scripts / "secrets"
        self.repository = self.postgres.folder / "repository"
        self.textfile = self.postgres.folder / "backup.prom"
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with self._stack:
            self.storage = self._stack.enter_context(ObjectStorage())
            for bucket in ("backups", "archive"):
                self.storage.make_bucket(f"{self.deployment.name}-{bucket}")
            shutil.copy(self.storage.authority, self.postgres.folder / "storage.crt")
            shutil.copy(self.scripts / "archive.conf", self.postgres.folder)
            account = ["chown", "--recursive", "postgres:", str(self.scripts)]
            if os.getuid() == 0:
                subprocess.run(account, check=True)
            self.run("secrets.sh", **LOGIN).check_returncode()
            self.postgres.variables = self.variables()
            self.postgres.restart(signal.SIGINT)
            # It archives the rest of its log before it ends.
            self._stack.callback(self.postgres.stop, signal.SIGINT)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(
        self, script: str, *arguments: str, stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the project's scripts."""
        return self.call("sh", str(self.scripts / script), *arguments, stdin=stdin, **variables)

    def call(
        self, *command: str, stdin: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the server."""
        account = "postgres" if os.getuid() == 0 else None
        return subprocess.run(
            command,
            cwd=self.postgres.folder,
            env={"PATH": PROGRAMS} | self.variables() | variables,
            input=stdin,
            check=False,
            capture_output=True,
            text=True,
            user=account,
            group=account,
            extra_groups=[account] if account else None,
        )

    def back_up(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """Make a backup, JSON export included."""
        return self.run("backup.sh", stdin=self.deployment.manage("export"), **variables)

    def fetch(self, name: str) -> Path:
        """Take a file out of the newest set of the archive, as the runbook says."""
        archive = self.variables()["BACKUP_ARCHIVE"]
        newest = max(self.check("rclone", "lsf", "--dirs-only", archive).split())
        encrypted = self.postgres.folder / f"{name}.age"
        self.check("rclone", "copyto", f"{archive}/{newest}{name}.age", str(encrypted))
        identity = str(self.secrets / "identity.txt")
        self.check("age", "--decrypt", "--identity", identity, "--output", name, str(encrypted))
        return self.postgres.folder / name

    def check(self, *command: str) -> str:
        """Run a command on the server that succeeds, and return what it printed.

        Raises:
            RuntimeError: It failed; the message is what it said.
        """
        done = self.call(*command)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout

    def variables(self) -> dict[str, str]:
        """Return the environment of the scripts, and of the server that archives its log."""
        here = self.postgres.folder
        certificate = str(here / "storage.crt")
        return {
            "AWS_SHARED_CREDENTIALS_FILE": str(self.secrets / "aws.ini"),
            "BACKUP_ARCHIVE": f"archive:{self.deployment.name}-archive",
            "BACKUP_RECIPIENTS": str(self.secrets / "recipients.txt"),
            "BACKUP_TEXTFILE": str(self.textfile),
            "PGBACKREST_CONFIG": str(self.scripts / "pgbackrest.conf"),
            "PGBACKREST_CONFIG_INCLUDE_PATH": str(self.secrets),
            "PGBACKREST_LOCK_PATH": str(here / "lock"),
            "PGBACKREST_PG1_PATH": str(self.postgres.data),
            "PGBACKREST_PG1_PORT": str(self.postgres.port),
            "PGBACKREST_PG1_SOCKET_PATH": str(here),
            "PGBACKREST_REPO1_PATH": str(self.repository),
            "PGBACKREST_REPO2_S3_ENDPOINT": self.storage.host,
            "PGBACKREST_REPO2_S3_URI_STYLE": "path",
            "PGBACKREST_REPO2_STORAGE_CA_FILE": certificate,
            "PGBACKREST_REPO2_STORAGE_PORT": str(self.storage.port),
            "PGBACKREST_SPOOL_PATH": str(here / "spool"),
            "PGDATABASE": self.deployment.name,
            "PGHOST": str(here),
            "PGPORT": str(self.postgres.port),
            "RCLONE_CA_CERT": certificate,
            "RCLONE_CONFIG": str(self.scripts / "rclone.conf"),
            "RCLONE_CONFIG_ARCHIVE_ENDPOINT": self.storage.url,
            "RCLONE_CONFIG_ARCHIVE_PROVIDER": "Other",
        }


def tables(postgres: Postgres, url: str) -> dict[str, str]:
    """Count the rows of every table and add up their checksums."""
    names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    found = postgres.psql(url, "--command", names).split()
    counts = " UNION ALL ".join(f'{COUNT.format(name)} FROM "{name}" AS row' for name in found)
    rows = postgres.psql(url, "--command", counts).splitlines()
    return dict(row.split("|", 1) for row in rows)
