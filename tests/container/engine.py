"""Docker's engine from the system's packages, which starts with no image and reaches no registry.

What it keeps stays in `.cache/engine`: the next run finds the images that it would make again.
Networks work without any of the host's, or of its firewall: containers reach each other, and are
reached.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any, Self

from tests.rendering import TEMPLATE
from tests.servers import PROGRAMS, wait_until

KEPT = TEMPLATE / ".cache/engine"
STANDINS = Path(__file__).with_name("standins")
BASE = "python:3.13-slim-bookworm"
DEBIAN = "bookworm"
LIBRARIES = (
    "libbz2-1.0,libexpat1,libffi8,liblzma5,libreadline8,libsqlite3-0,libssl3,libuuid1,zlib1g"
)
UNNEEDED = ("idlelib", "__pycache__", "site-packages", "test", "tkinter", "_tkinter*", "*.a")
PROGRAM = "/usr/bin/docker"
COMPOSE = Path(sys.executable).with_name("docker-compose")


def missing_packages() -> list[str]:
    """Name the Debian packages that this machine lacks."""
    programs = {"docker.io": "dockerd", "mmdebstrap": "mmdebstrap"}
    return [name for name, program in programs.items() if not shutil.which(program, path=PROGRAMS)]


class Engine:
    """The engine, for as long as a block lasts; another process waits until that has ended."""

    def __enter__(self) -> Self:
        KEPT.mkdir(parents=True, exist_ok=True)
        self._lock = (KEPT / "lock").open("w")
        flock(self._lock, LOCK_EX)
        # The path of a socket may not be long.
        self._run = Path(tempfile.mkdtemp(prefix="engine-"))
        self.variables = {
            "DOCKER_BUILDKIT": "1",
            "DOCKER_CONFIG": str(self._run),
            "DOCKER_HOST": f"unix://{self._run}/docker.sock",
            "PATH": PROGRAMS,
        }
        folders = (f"--data-root={KEPT}/data", f"--exec-root={self._run}/exec")
        files = (f"--host={self.variables['DOCKER_HOST']}", f"--pidfile={self._run}/pid")
        network = ("--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false")
        with (self._run / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["dockerd", *folders, *files, *network, "--ip-masq=false"],
                env={"PATH": PROGRAMS},
                stdout=log,
                stderr=log,
            )
        with suppress(TimeoutError):
            wait_until(lambda: self.answers() or self._process.poll() is not None, seconds=20)
        if not self.answers():
            reason = (self._run / "log").read_text()[-2000:]
            self.__exit__()
            raise RuntimeError(reason)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()
        shutil.rmtree(self._run)
        self._lock.close()

    def answers(self) -> bool:
        """Tell whether the engine can do its work."""
        command = [PROGRAM, "version", "--format", "{{.Server.Version}}"]
        done = subprocess.run(command, env=self.variables, check=False, capture_output=True)
        return done.returncode == 0

    def docker(self, *arguments: str, **options: Any) -> str:
        """Run Docker's command line and return what it printed, errors included.

        Raises:
            RuntimeError: It failed; the message is what it said.
        """
        return _run([PROGRAM, *arguments], env=self.variables, **options)

    def compose(self, folder: Path, *arguments: str, **variables: str) -> str:
        """Run Compose in the folder of a project and return what it printed.

        Raises:
            RuntimeError: It failed; the message is what it said.
        """
        return _run([COMPOSE, *arguments], cwd=folder, env=self.variables | variables)

    def make_base(self) -> None:
        """Make what the Dockerfile begins with: Debian, and the Python that runs the tests."""
        if self.docker("images", "--quiet", BASE):
            return
        with tempfile.TemporaryDirectory(prefix="base-") as temporary:
            root = Path(temporary) / "root"
            packages = f"--include=ca-certificates,{LIBRARIES}"
            _run(["mmdebstrap", "--quiet", "--variant=minbase", packages, DEBIAN, str(root)])
            python = Path(sys.base_prefix)
            local = root / "usr/local"
            (version,) = python.glob("lib/python3.1?")
            unneeded = shutil.ignore_patterns(*UNNEEDED)
            shutil.copytree(version, local / "lib" / version.name, ignore=unneeded)
            for library in python.glob("lib/libpython*.so.*"):
                shutil.copy(library, local / "lib")
            shutil.copy(python / "bin" / version.name, local / "bin")
            for name in ("python", "python3"):
                (local / "bin" / name).symlink_to(version.name)
            # Who inspects this machine's traffic inspects the containers' as well.
            if certificates := os.environ.get("SSL_CERT_FILE"):
                shutil.copy(certificates, root / "etc/ssl/certs/ca-certificates.crt")
            for command in (["ldconfig"], ["/usr/local/bin/python", "-m", "ensurepip"]):
                _run(["chroot", str(root), *command])
            settings = (
                "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                "PIP_CERT=/etc/ssl/certs/ca-certificates.crt",
                "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
            )
            archive = Path(temporary) / "root.tar"
            _run(["tar", "--create", "--directory", str(root), "--file", str(archive), "."])
            self.docker("import", "--change", f"ENV {' '.join(settings)}", str(archive), BASE)

    def build(self, context: Path, tag: str, *arguments: str) -> None:
        """Build an image.

        Raises:
            RuntimeError: It failed; the message is what the builder said.
        """
        self.docker("build", "--network=host", "--tag", tag, *arguments, str(context))

    def make_standins(self, images: dict[str, str]) -> None:
        """Make an image of Debian's programs for each service, under the name of the real one."""
        for service, image in images.items():
            self.build(STANDINS, image, "--target", service)


def _run(command: list[str | Path], **options: Any) -> str:
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stdout}")
    return str(done.stdout).strip()
