"""Redis from the system's packages, as a project's own `infra/` configures it.

A server stands alone, or has replicas and Sentinels, or is a node of a cluster. Only what depends
on the machine is set anew: ports, folders, certificates.
"""

import json
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlencode

from tests.servers import ADDRESS, PATIENCE, PROGRAMS, Server, free_port, wait_until

OPERATOR, REPLICATION = "operator", "replication"
PASSWORDS = {
    "APP_PASSWORD": "the app's / 100 %",
    "OPERATOR_PASSWORD": "the operator's / 100 %",
    # Sentinel writes it into its file without quotes.
    "REPLICATION_PASSWORD": "the-replicas-100%",
}


class Redis(Server):
    """A server with the configuration of a project; by itself it is all there is.

    Args:
        infra: The project's folder `infra/`.
        name: Of the project.
        lines: What is added to its configuration.

    Attributes:
        url: What the project's web and worker processes are given as `REDIS_URL`.
    """

    program = "redis-server"
    kind = "server"
    files: Sequence[str] = ("redis.conf",)

    def __init__(self, infra: Path, name: str, lines: Iterable[str] = ()) -> None:
        super().__init__()
        self.infra = infra / "redis"
        self.name = name
        self.app = f"{name}_app"
        self.lines = [f'masterauth "{PASSWORDS["REPLICATION_PASSWORD"]}"', *lines]
        self.file = self.folder / "redis.conf"
        self.users = self.folder / "users.acl"

    def configure(self) -> None:
        """Write the users, and the project's files with what these cannot know at the end."""
        self.users.write_text(run(self.infra / "users.sh", self.kind, self.name))
        here = {
            "bind": ADDRESS,
            "tls-port": self.port,
            "tls-cert-file": self.certificate,
            "tls-key-file": self.key,
            "tls-ca-cert-file": self.authority,
            "aclfile": self.users,
            "dir": self.folder,
        }
        parts = [(self.infra / file).read_text("utf-8") for file in self.files]
        added = [f"{setting} {value}" for setting, value in here.items()]
        self.file.write_text("\n".join([*parts, *added, *self.lines, ""]))

    def command(self) -> list[str]:
        """Return what runs the server."""
        return [self.program, str(self.file)]

    def answers(self) -> bool:
        """Tell whether the server takes commands."""
        try:
            return self.cli("PING") == "PONG"
        except RuntimeError:
            return False

    @property
    def url(self) -> str:
        return address_of("rediss", [self])

    def master(self, key: str = "") -> "Redis":  # noqa: ARG002
        """Return the server that a key is written to."""
        return self

    def cli(self, *command: str, user: str = OPERATOR) -> str:
        """Run a command in the name of a user and return what redis-cli printed.

        Raises:
            RuntimeError: It failed or was refused; the message is what redis-cli said.
        """
        passwords = {
            self.app: PASSWORDS["APP_PASSWORD"],
            OPERATOR: PASSWORDS["OPERATOR_PASSWORD"],
            REPLICATION: PASSWORDS["REPLICATION_PASSWORD"],
        }
        encrypted = ("--tls", "--cacert", str(self.authority))
        return self.redis_cli(*encrypted, "--user", user, *command, REDISCLI_AUTH=passwords[user])

    def redis_cli(self, *arguments: str, **variables: str) -> str:
        """Run redis-cli on this server and return what it printed.

        Raises:
            RuntimeError: It failed or was refused; the message is what redis-cli said.
        """
        server = ("-h", ADDRESS, "-p", str(self.port), "-e")
        done = subprocess.run(
            ["redis-cli", *server, *arguments],
            env={"PATH": PROGRAMS} | variables,
            check=False,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout.strip()

    def ask(self, *command: str) -> Any:  # noqa: ANN401 - as many types as there are commands
        """Run a command as the operator and return its answer, as Python's own types."""
        return json.loads(self.cli("--json", *command))


class ReplicatedServer(Redis):
    """A server with replicas, or a replica."""

    files = ("redis.conf", "sentinel/replication.conf")


class ClusterNode(Redis):
    """A server that shares keys with others."""

    files = ("redis.conf", "cluster/cluster.conf")

    def __init__(self, infra: Path, name: str) -> None:
        here = f"cluster-announce-hostname {ADDRESS}", f"cluster-port {free_port()}"
        super().__init__(infra, name, here)

    def holders(self) -> dict[int, list[int]]:
        """Return the ports of those who have the slots from one on, the master's first."""
        slots = self.ask("CLUSTER", "SLOTS")
        return {first: [port for _, port, *_ in nodes] for first, _, *nodes in slots}


class Sentinel(Redis):
    """A Sentinel, which watches a master.

    Args:
        master: The server that is it in the beginning.
    """

    program = "redis-sentinel"
    kind = "sentinel"
    files = ("sentinel/sentinel.conf",)

    def __init__(self, infra: Path, master: Redis) -> None:
        super().__init__(infra, master.name)
        password = PASSWORDS["REPLICATION_PASSWORD"]
        self.lines = [
            f"sentinel monitor {self.name} {ADDRESS} {master.port} 2",
            f'sentinel auth-pass {self.name} "{password}"',
            f'sentinel sentinel-pass "{password}"',
        ]


class RedisGroup(ABC):
    """Several servers of a project that stand in for each other, until a block ends.

    Attributes:
        servers: All that hold data.
        others: All that do not.
    """

    servers: Sequence[Redis]
    others: Sequence[Redis] = ()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for server in (*self.servers, *self.others):
                stack.enter_context(server)
            self.unite()
            wait_until(self.is_whole)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    @abstractmethod
    def url(self) -> str:
        """What the project's web and worker processes are given as `REDIS_URL`."""

    @abstractmethod
    def unite(self) -> None:
        """Tell the servers of each other."""

    @abstractmethod
    def master(self, key: str = "") -> Redis:
        """Return the server that a key is written to, as those say that are alive."""

    @abstractmethod
    def is_whole(self) -> bool:
        """Tell whether every server is in its place and could be done without."""

    def fail_over(self, key: str = "") -> Redis:
        """Kill the master of a key, wait until another has taken its place, and return the dead."""
        dead = self.master(key)
        dead.stop(signal.SIGKILL)
        wait_until(lambda: self.master(key) is not dead)
        return dead

    def at(self, port: int) -> Redis:
        """Return the server with this port."""
        (server,) = [server for server in self.servers if server.port == port]
        return server


class ReplicatedRedis(RedisGroup):
    """A master and two replicas, watched by three Sentinels."""

    def __init__(self, infra: Path, name: str) -> None:
        first = ReplicatedServer(infra, name)
        line = f"replicaof {ADDRESS} {first.port}"
        self.servers = [first, *(ReplicatedServer(infra, name, [line]) for _ in range(2))]
        self.others = [Sentinel(infra, first) for _ in range(3)]
        self.name = name

    @property
    def url(self) -> str:
        return address_of("rediss+sentinel", self.others, self.name)

    def unite(self) -> None:
        """Do nothing: their configuration has told them."""

    def master(self, key: str = "") -> Redis:  # noqa: ARG002
        """Return the server that everything is written to, as a Sentinel that is alive says."""
        address = alive(self.others).ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.name)
        return self.at(int(address[1]))

    def is_whole(self) -> bool:
        """Tell whether all Sentinels know each other and both replicas, which have the data."""
        views = [sentinel.ask("SENTINEL", "MASTER", self.name) for sentinel in self.others]
        facts = ("flags", "num-slaves", "num-other-sentinels")
        known = {tuple(view[fact] for fact in facts) for view in views}
        return known == {("master", "2", "2")} and is_copied(self.servers, replicas=2)


class RedisCluster(RedisGroup):
    """Three masters with a replica each."""

    servers: Sequence[ClusterNode]

    def __init__(self, infra: Path, name: str) -> None:
        self.servers = [ClusterNode(infra, name) for _ in range(6)]
        self.script = infra / "redis/cluster/create.sh"

    @property
    def url(self) -> str:
        return address_of("rediss+cluster", self.servers)

    def unite(self) -> None:
        """Make them a cluster."""
        self.create()

    def create(self, servers: Sequence[Redis] = ()) -> str:
        """Run the script that makes a cluster, by default of its servers, and return its output.

        Raises:
            RuntimeError: It failed; the message is what it said.
        """
        nodes = [f"{ADDRESS}:{server.port}" for server in servers or self.servers]
        return run(self.script, *nodes, CA_FILE=str(self.servers[0].authority))

    def master(self, key: str = "") -> Redis:
        """Return the server that a key is written to, as one that is alive says."""
        witness = alive(self.servers)
        slot = witness.ask("CLUSTER", "KEYSLOT", key)
        for first, last, (_, port, *_), *_ in witness.ask("CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return self.at(port)
        raise LookupError(f"nobody has slot {slot}")

    def is_whole(self) -> bool:
        """Tell whether all nodes agree who has which keys, and replicas have the data."""
        states = [server.cli("CLUSTER", "INFO") for server in self.servers]
        well = ("cluster_state:ok", "cluster_slots_ok:16384")
        works = all(fact in state.split() for state in states for fact in well)
        view, *others = [server.holders() for server in self.servers]
        agreed = all(other == view for other in others)
        twice = all(len(ports) == 2 for ports in view.values())
        return works and agreed and twice and is_copied(self.servers, replicas=3)


type RedisService = Redis | ReplicatedRedis | RedisCluster


def is_copied(servers: Iterable[Redis], *, replicas: int) -> bool:
    """Tell whether so many of the servers are replicas that have their master's data."""
    views = [server.cli("INFO", "replication") for server in servers]
    return sum("master_link_status:up" in view for view in views) == replicas


def alive(servers: Iterable[Redis]) -> Redis:
    """Return the first of the servers that runs."""
    return next(server for server in servers if not server.has_ended())


def address_of(scheme: str, servers: Sequence[Redis], path: str = "") -> str:
    """Return an address for the application, which verifies the servers' identity."""
    login = f"{servers[0].app}:{quote(PASSWORDS['APP_PASSWORD'], safe='')}"
    hosts = ",".join(f"{ADDRESS}:{server.port}" for server in servers)
    verified = urlencode({"ssl_ca_certs": servers[0].authority})
    return f"{scheme}://{login}@{hosts}/{path}?{verified}"


def run(script: Path, *arguments: str, **variables: str) -> str:
    """Run one of the project's scripts, which knows all passwords, and return what it printed.

    Raises:
        RuntimeError: It failed; the message is what it said.
    """
    done = subprocess.run(
        ["sh", script, *arguments],
        env={"PATH": PROGRAMS} | PASSWORDS | variables,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout
