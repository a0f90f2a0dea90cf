"""Nginx, and an authority that gives it a certificate, as a project's `infra/` configures them.

Only what depends on the machine is set anew: ports, folders, the address of the name server.
"""

import json
import os
import shlex
import shutil
import signal
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests import debian
from tests.servers import ADDRESS, PATIENCE, PROGRAMS, Server, authority, free_port, wait_until

# Names of upstream servers are looked up again since 1.28. Debian 12 has 1.22, Debian 13 has 1.26.
RELEASE = "forky"
PACKAGES = ("nginx", "libc6", "libcrypt1", "libpcre2-8-0", "libssl3t64", "libzstd1", "zlib1g")


@contextmanager
def nginx_program() -> Iterator[Path]:
    """Unpack Nginx, and give the folder of a program `nginx` until the block ends."""
    with tempfile.TemporaryDirectory(prefix="nginx-program-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        debian.unpack(RELEASE, PACKAGES, folder)
        command = shlex.join(debian.command(folder, "usr/sbin/nginx"))
        program = folder / "nginx"
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o755)
        yield folder


class NameServer(Server):
    """Answers whoever asks for the address of anything.

    Args:
        hosts: The addresses of names; all others are at this machine.
    """

    def __init__(self, **hosts: list[str]) -> None:
        super().__init__()
        self.hosts = hosts
        self.management = free_port()

    def configure(self) -> None:
        """Write nothing: it takes options only."""

    def command(self) -> list[str]:
        """Return what runs the server."""
        off = [f"-{name}=" for name in ("defaultIPv6", "http01", "https01", "tlsalpn01")]
        here = [f"-defaultIPv4={ADDRESS}", f"-dns01={ADDRESS}:{self.port}"]
        return ["pebble-challtestsrv", *off, *here, f"-management={ADDRESS}:{self.management}"]

    def answers(self) -> bool:
        """Tell whether the server knows the addresses by now."""
        try:
            for name, addresses in self.hosts.items():
                added = {"host": name, "addresses": addresses}
                httpx.post(f"http://{ADDRESS}:{self.management}/add-a", json=added)
        except httpx.TransportError:
            return False
        return True


class Pebble(Server):
    """Gives out certificates as Let's Encrypt does, which nobody trusts.

    Args:
        names: Where it looks up a domain.
        proofs: The port where it asks the domain for a proof.
    """

    def __init__(self, names: NameServer, proofs: int) -> None:
        super().__init__()
        self.names = names
        self.proofs = proofs
        self.url = f"https://{ADDRESS}:{self.port}/dir"

    def configure(self) -> None:
        """Write what it reads."""
        configuration = {
            "listenAddress": f"{ADDRESS}:{self.port}",
            "managementListenAddress": f"{ADDRESS}:{free_port()}",
            "certificate": str(self.certificate),
            "privateKey": str(self.key),
            "httpPort": self.proofs,
            "tlsPort": free_port(),
        }
        (self.folder / "pebble.json").write_text(json.dumps({"pebble": configuration}))

    def command(self) -> list[str]:
        """Return what runs the server."""
        resolver = f"{ADDRESS}:{self.names.port}"
        # Else it refuses one request in twenty, and certbot gives up after the second time.
        certain = ("env", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
        return [*certain, "pebble", "-config", "pebble.json", "-dnsserver", resolver]

    def answers(self) -> bool:
        """Tell whether the server can do its work."""
        try:
            return httpx.get(self.url, verify=trusting(self)).is_success
        except httpx.TransportError:
            return False


class Nginx(Server):
    """Nginx with the configuration of a project, in front of its web processes.

    Args:
        programs: The folder where the program is.
        infra: The project's folder `infra/`.
        domain: The project's.
        names: Where it looks up `web`.
        web: The port of all web processes.
        changes: What is replaced in the configuration.
        certified: Whether it has a certificate; if not, it makes one of its own.
    """

    account = "www-data"

    def __init__(
        self,
        programs: Path,
        infra: Path,
        domain: str,
        names: NameServer,
        web: int,
        changes: dict[str, str] | None = None,
        *,
        certified: bool = True,
    ) -> None:
        super().__init__()
        self.programs = programs
        self.infra = infra
        self.domain = domain
        self.plain = free_port()
        self.health = free_port()
        self.pem = self.folder / "certificates/site.pem"
        self.certified = certified
        self.url = f"https://{ADDRESS}:{self.port}"
        self.changes = {
            " /tmp/": f" {self.folder}/tmp/",  # noqa: S108 - where Nginx writes
            "/etc/nginx/certificates": f"{self.folder}/certificates",
            "/var/www/acme": f"{self.folder}/acme",
            "listen [::]:8080": "# no IPv6",
            "listen [::]:8443": "# no IPv6",
            "listen 8080": f"listen {ADDRESS}:{self.plain}",
            "listen 8443": f"listen {ADDRESS}:{self.port}",
            f"{ADDRESS}:8081": f"{ADDRESS}:{self.health}",
            "127.0.0.11": f"{ADDRESS}:{names.port}",
            "web:8000": f"web:{web}",
            **(changes or {}),
        }

    def configure(self) -> None:
        """Write the project's files for this machine."""
        for name in ("acme", "certificates", "tmp"):
            (self.folder / name).mkdir()
        if self.certified:
            self.install(self.domain)
        shutil.copytree(self.infra / "nginx", self.folder / "site")
        for file in (self.folder / "site").glob("*.conf"):
            text = file.read_text("utf-8")
            for given, taken in self.changes.items():
                text = text.replace(given, taken)
            file.write_text(text, "utf-8")

    def command(self) -> list[str]:
        """Return what runs the server."""
        variables = {
            "PATH": f"{self.programs}:{PROGRAMS}",
            "CERTIFICATE": self.pem,
            "LOADED": self.folder / "tmp/loaded",
            "LOOK_EVERY": 1,
        }
        given = [f"{name}={value}" for name, value in variables.items()]
        return ["env", *given, "sh", f"{self.folder}/site/start.sh"]

    def answers(self) -> bool:
        """Tell whether the server is healthy."""
        try:
            return httpx.get(f"http://{ADDRESS}:{self.health}/healthz").is_success
        except httpx.TransportError:
            return False

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGTERM)
        super().__exit__()

    def client(self, address: str = ADDRESS, **headers: str) -> httpx.Client:
        """Return somebody who visits the site, from an address of this machine."""

        def name(request: httpx.Request) -> None:
            request.extensions["sni_hostname"] = self.domain

        return httpx.Client(
            base_url=self.url,
            headers={"Host": self.domain, **headers},
            transport=httpx.HTTPTransport(verify=trusting(self), local_address=address),
            event_hooks={"request": [name]},
        )

    def install(self, subject: str) -> None:
        """Put a certificate in its place, which names somebody."""
        own = authority().issue_cert(self.domain, common_name=subject)
        own.private_key_and_cert_chain_pem.write_to_path(self.pem)
        shutil.chown(self.pem, self._lent_account() or os.getuid())

    @contextmanager
    def asking(self, pebble: Pebble) -> Iterator[None]:
        """Let a neighbour of Nginx's ask for the certificate until the block ends."""
        variables = {
            "DOMAIN": self.domain,
            "ACME_EMAIL": f"admin@{self.domain}",
            "ACME_SERVER": pebble.url,
            "CERTIFICATE": self.pem,
            "REQUESTS_CA_BUNDLE": self.authority,
            "STATE": self.folder / "state",
            "WEBROOT": self.folder / "acme",
        }
        given = [f"{name}={value}" for name, value in variables.items()]
        said = self.folder / "certbot.log"
        with said.open("ab") as log:
            script = f"{self.folder}/site/certificate.sh"
            process = self._start(["env", *given, "sh", script], log)
            try:
                yield
            except TimeoutError as error:
                error.add_note(said.read_text())
                raise
            finally:
                process.terminate()
                process.wait(PATIENCE)

    def issuer(self) -> str:
        """Return whose certificate visitors see."""
        command = ("openssl", "s_client", "-connect", f"{ADDRESS}:{self.port}")
        return subprocess.run(
            [*command, "-servername", self.domain],
            check=True,
            capture_output=True,
            input="",
            text=True,
        ).stdout

    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of the access log."""
        text = self.log.read_text("utf-8")
        return [json.loads(line) for line in text.splitlines() if line.startswith('{"')]

    def line(self, request_id: str) -> dict[str, Any]:
        """Return the line of a request, as soon as it is there."""

        def found() -> list[dict[str, Any]]:
            return [line for line in self.lines() if line["request_id"] == request_id]

        wait_until(found)
        return found()[0]


def trusting(server: Server) -> ssl.SSLContext:
    """Return what trusts the certificates of all servers."""
    return ssl.create_default_context(cafile=str(server.authority))
