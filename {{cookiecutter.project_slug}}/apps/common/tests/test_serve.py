"""How a server ends: a real one, told so by a signal."""

import http.client
import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.processes import Site, wait_until

PATIENCE = 60  # seconds
LOGIN = "/api/v1/auth/login/"
NOBODY = json.dumps({"email": "nobody@example.com", "password": "wrong"}).encode()

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def connected(site: Site) -> Iterator[http.client.HTTPConnection]:
    """A connection that is kept alive."""
    with closing(http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=PATIENCE)) as kept:
        yield kept


def status(connection: http.client.HTTPConnection, path: str) -> int:
    """What the server answers on a connection."""
    connection.request("GET", path)
    with connection.getresponse() as response:
        response.read()
        return response.status


def last_answer(connection: http.client.HTTPConnection) -> int:
    """The status of an answer after which the server takes no more on the connection."""
    with connection.getresponse() as response:
        response.read()
        assert response.headers["Connection"] == "close"
        return response.status


def is_refused(site: Site) -> bool:
    """Whether the server takes no new connections."""
    address = urlsplit(site.url)
    try:
        socket.create_connection((address.hostname, address.port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


def ended(server: "subprocess.Popen[bytes]") -> int:
    """The status that a process ends with."""
    return server.wait(PATIENCE)


def begin_login(connection: http.client.HTTPConnection) -> None:
    """Send a request but for the end of its body, which the server then waits for."""
    connection.putrequest("POST", LOGIN)
    connection.putheader("Expect", "100-continue")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(NOBODY)))
    connection.endheaders(NOBODY[:-1])
    assert connection.sock.recv(1, socket.MSG_PEEK)


def test_a_running_request_is_answered_before_the_server_ends(tmp_path: Path) -> None:
    with Site(tmp_path) as site, connected(site) as client:
        begin_login(client)
        site.server.send_signal(signal.SIGTERM)
        wait_until(lambda: is_refused(site))
        client.send(NOBODY[-1:])
        assert last_answer(client) == 401
        assert ended(site.server) == 0


def test_a_server_that_drains_is_not_ready_and_serves_nevertheless(tmp_path: Path) -> None:
    with Site(tmp_path, APP_DRAIN_SECONDS="60") as site, connected(site) as client:
        assert status(client, "/readyz") == 200
        site.server.send_signal(signal.SIGTERM)
        wait_until(lambda: httpx.get(f"{site.url}/readyz").status_code == 503)
        assert status(client, "/readyz") == 503
        assert status(client, "/livez") == 200
        assert status(client, "/") == 200
        assert httpx.get(site.url).status_code == 200
        assert site.server.poll() is None
        site.server.kill()


def test_kept_connections_are_closed_with_their_next_answer(tmp_path: Path) -> None:
    with Site(tmp_path, APP_DRAIN_SECONDS="5") as site, connected(site) as client:
        assert status(client, "/livez") == 200
        site.server.send_signal(signal.SIGTERM)
        wait_until(lambda: is_refused(site))
        client.request("GET", "/livez")
        assert last_answer(client) == 200
        assert ended(site.server) == 0


def test_a_second_signal_ends_the_server_at_once(tmp_path: Path) -> None:
    with Site(tmp_path, APP_DRAIN_SECONDS="60") as site:

        def insist() -> int | None:
            site.server.send_signal(signal.SIGTERM)
            return site.server.poll()

        assert wait_until(insist) == -signal.SIGTERM
