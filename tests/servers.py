"""PostgreSQL and PgBouncer from the system's packages, as a project's own `infra/` configures them.

Only what depends on the machine is set anew: ports, folders, certificates, less memory. The two
refuse to run as root; root lends them the account that PostgreSQL's package has created.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from functools import cache
from itertools import count
from pathlib import Path
from typing import IO, Self
from urllib.parse import quote, urlencode

import trustme

ADDRESS = "127.0.0.1"
PATIENCE = 60  # seconds
PORTS = range(10_000, 32_768)

PSQL = ("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align")
PROGRAMS = ":".join(
    [
        # Debian keeps servers away from the PATH, and each version of PostgreSQL for itself.
        *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)),
        os.environ["PATH"],
        "/usr/sbin",
    ]
)


def missing_packages() -> list[str]:
    """Name the Debian packages that this machine lacks."""
    programs = {
        "postgresql": "initdb",
        "pgbouncer": "pgbouncer",
        "pgbackrest": "pgbackrest",
        "rclone": "rclone",
        "age": "age",
        "redis-server": "redis-server",
        "redis-sentinel": "redis-sentinel",
        "prometheus": "prometheus",
        "prometheus-alertmanager": "prometheus-alertmanager",
        "certbot": "certbot",
        "pebble": "pebble",
        "wrk": "wrk",
    }
    return [name for name, program in programs.items() if not shutil.which(program, path=PROGRAMS)]


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on, nor will by chance.

    Clients are given theirs from 32768 on: one of them might have a server's while it restarts.
    All processes of the tests take theirs in turn: two servers that are yet to start never have the
    same.
    """
    with (Path(tempfile.gettempdir()) / f"ports-{os.getuid()}").open("a+") as taken:
        flock(taken, LOCK_EX)
        taken.seek(0)
        turns = count(int(taken.read() or 0) + 1)
        turn = next(turn for turn in turns if _is_free(PORTS[turn % len(PORTS)]))
        taken.truncate(0)
        taken.write(str(turn))
    return PORTS[turn % len(PORTS)]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True


def wait_until(condition: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    """Look again and again until a condition holds.

    Raises:
        TimeoutError: It never did.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{condition} did not come true within {seconds} s")
        time.sleep(0.05)


def pgbouncer_version(program: Sequence[str] = ("pgbouncer",)) -> tuple[int, int]:
    """Return the major and minor version of a PgBouncer."""
    done = subprocess.run(
        [*program, "--version"], env={"PATH": PROGRAMS}, check=True, capture_output=True, text=True
    )
    major, minor, *_ = done.stdout.split()[1].split(".")
    return int(major), int(minor)


@cache
def authority() -> trustme.CA:
    """Return who signs the certificates of all servers."""
    return trustme.CA()


class Server(ABC):
    """A process in the foreground, with a folder of its own, for as long as a block lasts."""

    account: str | None = None
    """Whose processes they are when root runs the tests, if not root's."""

    host = ADDRESS
    """The name under which clients verify its certificate."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"{type(self).__name__.lower()}-"))
        self.port = free_port()
        self.certificate = self.folder / "server.crt"
        self.key = self.folder / "server.key"
        self.authority = self.folder / "ca.crt"
        self.log = self.folder / "log"
        self.variables: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._certify()
            self.configure()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGKILL)
        shutil.rmtree(self.folder)

    @abstractmethod
    def configure(self) -> None:
        """Write what the server reads."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return what runs the server."""

    @abstractmethod
    def answers(self) -> bool:
        """Tell whether the server can do its work."""

    def start(self) -> None:
        """Start the server, and wait until it answers.

        Raises:
            RuntimeError: It ended instead; the message is its log.
        """
        with self.log.open("ab") as log:
            self._process = self._start(self.command(), log)
        wait_until(lambda: self.answers() or self.has_ended())
        if self.has_ended():
            raise RuntimeError(self.log.read_text())

    def stop(self, how: signal.Signals) -> None:
        """End the server by a signal, and wait until it is gone."""
        if self._process and not self.has_ended():
            self._process.send_signal(how)
            self._process.wait(PATIENCE)

    def has_ended(self) -> bool:
        """Tell whether there is no process, or none any more."""
        return self._process is None or self._process.poll() is not None

    def restart(self, how: signal.Signals) -> None:
        """End the server by a signal, and start it again on the same port."""
        self.stop(how)
        self.start()

    def hand_over(self) -> None:
        """Give the server's files to its account."""
        if account := self._lent_account():
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, account, account)

    def _start(self, command: list[str], output: IO[bytes]) -> "subprocess.Popen[bytes]":
        self.hand_over()
        account = self._lent_account()
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={"PATH": PROGRAMS} | self.variables,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=account,
            group=account,
            extra_groups=[account] if account else None,
        )

    def _lent_account(self) -> str | None:
        return self.account if os.getuid() == 0 else None

    def _certify(self) -> None:
        own = authority().issue_cert(self.host)
        own.private_key_pem.write_to_path(self.key)
        own.cert_chain_pems[0].write_to_path(self.certificate)
        authority().cert_pem.write_to_path(self.authority)
        self.key.chmod(0o600)


class Database(Server):
    """A server that speaks PostgreSQL's protocol."""

    account = "postgres"

    def answers(self) -> bool:
        """Tell whether the server takes connections."""
        question = ("pg_isready", "--quiet", "--host", ADDRESS, "--port", str(self.port))
        return subprocess.run(question, env={"PATH": PROGRAMS}, check=False).returncode == 0

    def url(self, user: str, password: str, database: str) -> str:
        """Return the address of a database; whoever uses it verifies the server's identity."""
        verified = urlencode({"sslmode": "verify-full", "sslrootcert": self.authority})
        login = f"{quote(user)}:{quote(password, safe='')}"
        return f"postgresql://{login}@{ADDRESS}:{self.port}/{database}?{verified}"

    def psql(self, url: str, *arguments: str, **variables: str) -> str:
        """Run psql on a database of this server and return what it printed.

        Raises:
            RuntimeError: It failed; the message is what it said.
        """
        done = subprocess.run(
            [*PSQL, *arguments, url],
            env=os.environ | {"PATH": PROGRAMS} | variables,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    @contextmanager
    def watching(self, url: str, statement: str) -> Iterator[list[str]]:
        """Run a statement ten times a second; its rows are in the list when the block has ended."""
        rows: list[str] = []
        with subprocess.Popen(
            [*PSQL, url],
            env=os.environ | {"PATH": PROGRAMS},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{statement} \\watch 0.1\n")
            process.stdin.flush()
            rows.append(process.stdout.readline().strip())
            try:
                yield rows
            finally:
                process.send_signal(signal.SIGINT)
                rows += process.communicate()[0].splitlines()


class Postgres(Database):
    """PostgreSQL with the configuration and the roles of a project.

    Args:
        infra: The project's folder `infra/`.
        name: Of the project's database.
    """

    ADMIN = ("postgres", "the administrator's")

    def __init__(self, infra: Path, name: str) -> None:
        super().__init__()
        self.infra = infra
        self.name = name
        self.data = self.folder / "data"

    def configure(self) -> None:
        """Create the cluster."""
        user, password = self.ADMIN
        file = self.folder / "password"
        file.write_text(password)
        method = ("--auth", "scram-sha-256", "--pwfile", str(file))
        initdb = ["initdb", "--pgdata", str(self.data), "--username", user, *method]
        text = ("--encoding", "UTF8", "--locale", "C.UTF-8")
        with self.log.open("wb") as log:
            if self._start([*initdb, *text, "--no-sync"], log).wait(PATIENCE):
                raise RuntimeError(self.log.read_text())
        shutil.copytree(self.infra / "postgres", self.folder, dirs_exist_ok=True)

    def command(self) -> list[str]:
        """Return what runs the server, with settings that suit a machine that does other things."""
        settings = {
            "config_file": self.folder / "postgresql.conf",
            "hba_file": self.folder / "pg_hba.conf",
            "listen_addresses": ADDRESS,
            "port": self.port,
            "unix_socket_directories": self.folder,
            "ssl_cert_file": self.certificate,
            "ssl_key_file": self.key,
            "shared_buffers": "128MB",
            "fsync": "off",
        }
        flags = [f"--{name}={value}" for name, value in settings.items()]
        return ["postgres", "-D", str(self.data), *flags]

    def admin(self, database: str | None = None) -> str:
        """Return the administrator's address of a database, by default the project's."""
        return self.url(*self.ADMIN, database or self.name)

    @contextmanager
    def watching_connections(self, role: str) -> Iterator[list[int]]:
        """Count the connections of a role ten times a second; the counts are there in the end."""
        count = "SELECT usename, count(*) FROM pg_stat_activity GROUP BY usename"
        counts: list[int] = []
        with self.watching(self.admin(), count) as rows:
            yield counts
        roles = [row.split("|") for row in rows if row]
        counts += [int(connections) for user, connections in roles if user == role]


class PgBouncer(Database):
    """PgBouncer with the configuration of a project, in front of its PostgreSQL.

    Args:
        postgres: Which already has the project's roles.
        users: Further users and their passwords, who may use any database.
        program: What runs it.
    """

    ADMIN = ("pgbouncer", "the pooler's")

    def __init__(
        self, postgres: Postgres, users: dict[str, str], program: Sequence[str] = ("pgbouncer",)
    ) -> None:
        super().__init__()
        self.postgres = postgres
        self.users = {**dict([self.ADMIN]), **users}
        self.program = program

    def configure(self) -> None:
        """Write what the project's file cannot know, after including it."""
        users = self.folder / "userlist.txt"
        users.write_text("".join(f'"{user}" "{word}"\n' for user, word in self.users.items()))
        server = f"host={ADDRESS} port={self.postgres.port}"
        settings = {
            "listen_addr": ADDRESS,
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_file": users,
            "client_tls_cert_file": self.certificate,
            "client_tls_key_file": self.key,
            "server_tls_ca_file": self.authority,
        }
        lines = [
            # Another `[pgbouncer]` would bring the defaults back; the included file ends within it.
            f"%include {self.postgres.infra}/pgbouncer/pgbouncer.ini",
            *(f"{name} = {value}" for name, value in settings.items()),
            "[databases]",
            f"{self.postgres.name} = {server} auth_user={self.ADMIN[0]}",
            f"* = {server}",
        ]
        (self.folder / "pgbouncer.ini").write_text("\n".join([*lines, ""]))

    def command(self) -> list[str]:
        """Return what runs the pooler."""
        return [*self.program, str(self.folder / "pgbouncer.ini")]

    def administer(self, command: str) -> str:
        """Give a command of the console and return what it printed."""
        return self.psql(self._console, "--command", command)

    @contextmanager
    def watching_clients(self, database: str) -> Iterator[list[int]]:
        """Count the clients of a database ten times a second; the counts are there in the end."""
        counts: list[int] = []
        with self.watching(self._console, "SHOW POOLS;") as rows:
            yield counts
        # database|user|active clients|waiting clients|...
        pools = [row.split("|") for row in rows]
        counts += [int(pool[2]) + int(pool[3]) for pool in pools if pool[0] == database]

    @property
    def _console(self) -> str:
        return self.url(*self.ADMIN, "pgbouncer")
