"""Nginx before real web processes: what it lets in, what it adds, and what failures become."""

import json
import re
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
import pytest

from tests.deployment import Deployment, is_ready
from tests.nginx import NameServer, Nginx, Pebble, nginx_program, trusting
from tests.projects import PROJECTS
from tests.rendering import render, write
from tests.servers import ADDRESS, PATIENCE, authority, free_port, wait_until

DOMAIN = "example.com"
WEB = (ADDRESS, "127.0.0.2")
"""Two web processes: one port, two addresses."""
CLOUDFLARE = "127.0.0.77"
SPOOFED = "203.0.113.9"
PRODUCTS = "/api/v1/products/"
LOGIN = "/api/v1/auth/login/"
ONCE = (
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Request-ID",
)
DJANGO = ("Referrer-Policy", "Cross-Origin-Opener-Policy", "X-Frame-Options")
UNLIMITED = {"rate=50r/s": "rate=100000r/s", "connections 200": "connections 2000"}
CLIENTS = 500
DRAIN = 5
VISITORS = 16


class Site:
    """A project as it is served: Nginx, and two web processes behind one name."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.port = free_port()
        self.infra = deployment.folder / "infra"
        self.processes = {host: self.start(host) for host in WEB}

    def start(self, host: str) -> "subprocess.Popen[bytes]":
        """Start a web process, and wait until it is ready."""
        process = self.deployment.start(
            *("-m", "config.serve", "--host", host, "--port", str(self.port)),
            APP_ALLOWED_HOSTS=f"{DOMAIN},localhost",
            APP_DRAIN_SECONDS=str(DRAIN),
            APP_RATE_LOGIN="1000000/second",
        )
        wait_until(lambda: is_ready(f"http://{host}:{self.port}"))
        return process

    def line(self, request_id: str) -> dict[str, Any]:
        """Return what the application has logged of a request."""
        lines = [line for line in self.deployment.log_lines() if request_id in line]
        found: dict[str, Any]
        (found,) = (line for line in map(json.loads, lines) if line.get("event") == "request")
        return found


@pytest.fixture(scope="module")
def programs() -> Iterator[Path]:
    with nginx_program() as folder:
        yield folder


@pytest.fixture(scope="module")
def names() -> Iterator[NameServer]:
    with NameServer(web=list(WEB)) as names:
        yield names


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Deployment("without pgbouncer redis_cluster elk otel") as deployment:
        deployment.manage("collectstatic", "--noinput", "--verbosity=0")
        yield Site(deployment)


@pytest.fixture(scope="module")
def nginx(programs: Path, site: Site, names: NameServer) -> Iterator[Nginx]:
    believed = {"173.245.48.0/20": f"{CLOUDFLARE}/32"}
    with Nginx(programs, site.infra, DOMAIN, names, site.port, believed) as nginx:
        yield nginx


@pytest.fixture
def visitor(nginx: Nginx) -> Iterator[httpx.Client]:
    with nginx.client() as client:
        yield client


def check(programs: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Let Nginx read a project's configuration, but for the places of its files."""
    certificate = folder / "site.pem"
    authority().issue_cert(DOMAIN).private_key_and_cert_chain_pem.write_to_path(certificate)
    configuration = folder / "infra/nginx/nginx.conf"
    text = configuration.read_text("utf-8").replace(" /tmp/", f" {folder}/")
    text = text.replace("/etc/nginx/certificates/site.pem", str(certificate))
    configuration.write_text(text, "utf-8")
    command = (programs / "nginx", "-t", "-c", configuration)
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    "project", ["default", "without ninja pgbouncer redis_cluster elk otel", "other"]
)
def test_nginx_takes_the_configuration(programs: Path, tmp_path: Path, project: str) -> None:
    write(render(PROJECTS[project]), tmp_path)
    done = check(programs, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def test_nginx_notices_a_mistake(programs: Path, tmp_path: Path) -> None:
    write(render(PROJECTS["default"]), tmp_path)
    proxy = tmp_path / "infra/nginx/proxy.conf"
    proxy.write_text(proxy.read_text("utf-8").replace("proxy_connect", "proxy_conect"), "utf-8")
    assert check(programs, tmp_path).returncode != 0


def handshake(nginx: Nginx, version: ssl.TLSVersion, name: str = DOMAIN) -> str | None:
    """Return what protocol is spoken inside."""
    context = trusting(nginx)
    context.minimum_version = context.maximum_version = version
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((ADDRESS, nginx.port), PATIENCE) as connection,
        context.wrap_socket(connection, server_hostname=name) as tls,
    ):
        return tls.selected_alpn_protocol()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_http_2_is_spoken_over_the_newer_versions_of_tls(
    nginx: Nginx, version: ssl.TLSVersion
) -> None:
    assert handshake(nginx, version) == "h2"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_older_versions_of_tls_are_refused(nginx: Nginx) -> None:
    with pytest.raises(ssl.SSLError):
        handshake(nginx, ssl.TLSVersion.TLSv1_1)


def test_nobody_learns_what_answers_to_the_name_of_another_site(nginx: Nginx) -> None:
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        handshake(nginx, ssl.TLSVersion.TLSv1_3, "another.example")


def test_a_request_over_http_2_is_answered(nginx: Nginx) -> None:
    shown = subprocess.run(
        [
            *("curl", "--silent", "--show-error", "--http2", "--cacert", nginx.authority),
            *("--connect-to", f"{DOMAIN}:443:{ADDRESS}:{nginx.port}", f"https://{DOMAIN}/"),
            *("--output", "/dev/null", "--write-out", "%{http_version} %{http_code}"),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout == "2 200"


def test_plain_http_leads_to_https(nginx: Nginx) -> None:
    response = httpx.get(f"http://{ADDRESS}:{nginx.plain}/a/b?c=d")
    assert response.status_code == 308
    assert response.headers["Location"] == f"https://{DOMAIN}/a/b?c=d"
    assert "Strict-Transport-Security" not in response.headers


@pytest.mark.parametrize("path", ["/", PRODUCTS, "/admin/login/", "/nowhere", "/metrics"])
def test_headers_are_there_once_whoever_answers(visitor: httpx.Client, path: str) -> None:
    headers = visitor.get(path).headers
    assert {name: len(headers.get_list(name)) for name in ONCE} == dict.fromkeys(ONCE, 1)
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000;")
    assert {len(headers.get_list(name)) for name in DJANGO} <= {0, 1}
    assert headers["Server"] == "nginx"


@pytest.mark.parametrize("path", ["/livez", "/metrics", "/readyz", "/startupz"])
def test_what_is_meant_for_the_inside_is_not_found(visitor: httpx.Client, path: str) -> None:
    response = visitor.get(path)
    assert problem(response) == (404, "not-found")


def problem(response: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of an error, which must be told as the application does."""
    assert response.headers["Content-Type"] == "application/problem+json"
    document = response.json()
    assert document["status"] == response.status_code
    assert document["type"] == f"urn:problem:{document['code']}"
    assert document["request_id"] == response.headers["X-Request-ID"]
    assert set(document) == {"type", "title", "status", "detail", "code", "request_id"}
    return response.status_code, document["code"]


def test_a_body_that_is_too_large_is_refused(visitor: httpx.Client) -> None:
    response = visitor.post(LOGIN, content=b" " * (11 * 1024 * 1024))
    assert problem(response) == (413, "content-too-large")


def test_a_flood_is_refused_and_nobody_else(nginx: Nginx, visitor: httpx.Client) -> None:
    with nginx.client("127.0.0.50") as flood:
        answers = (flood.get("/api/nowhere") for _ in range(5000))
        refused = next(answer for answer in answers if answer.status_code == 429)
    assert problem(refused) == (429, "rate-limited")
    assert int(refused.headers["Retry-After"]) > 0
    assert visitor.get("/api/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("address", "claims", "client"),
    [
        (ADDRESS, {}, ADDRESS),
        (ADDRESS, {"X-Forwarded-For": SPOOFED, "X-Real-IP": SPOOFED}, ADDRESS),
        (ADDRESS, {"CF-Connecting-IP": SPOOFED, "Forwarded": f"for={SPOOFED}"}, ADDRESS),
        (CLOUDFLARE, {"CF-Connecting-IP": SPOOFED}, SPOOFED),
        (CLOUDFLARE, {"CF-Connecting-IP": SPOOFED, "X-Forwarded-For": "192.0.2.1"}, SPOOFED),
    ],
)
def test_the_application_learns_who_the_client_is(
    site: Site, nginx: Nginx, address: str, claims: dict[str, str], client: str
) -> None:
    request_id = f"request-{uuid4()}"
    with nginx.client(address, **{"X-Request-ID": request_id, **claims}) as visitor:
        response = visitor.get(PRODUCTS, params={"search": "a-secret"})
    assert response.headers["X-Request-ID"] == request_id
    assert site.line(request_id)["client_ip"] == client
    line = nginx.line(request_id)
    assert (line["client_ip"], line["path"], line["status"]) == (client, PRODUCTS, 200)
    assert "a-secret" not in json.dumps(line)


def test_a_request_without_a_proper_id_is_given_one(
    site: Site, nginx: Nginx, visitor: httpx.Client
) -> None:
    for given in ({}, {"X-Request-ID": 'not "proper"'}):
        request_id = visitor.get(PRODUCTS, headers=given).headers["X-Request-ID"]
        assert re.fullmatch("[0-9a-f]{32}", request_id)
        assert site.line(request_id)["path"] == nginx.line(request_id)["path"] == PRODUCTS


def test_static_files_are_compressed_kept_and_good_for_ever(
    nginx: Nginx, visitor: httpx.Client
) -> None:
    found = re.search(r'/static/[^"]+\.css', visitor.get("/").text)
    assert found
    for encoding in ("gzip", "identity"):
        given = {"Accept-Encoding": encoding}
        first, second = (visitor.get(found[0], headers=given) for _ in range(2))
        assert first.status_code == second.status_code == 200
        assert first.content == second.content
        assert "immutable" in first.headers["Cache-Control"]
        assert first.headers.get("Content-Encoding", "identity") == encoding
        assert [len(second.headers.get_list(name)) for name in ONCE[:2]] == [1, 1]
        assert nginx.line(second.headers["X-Request-ID"])["cache"] == "HIT"


def test_answers_are_compressed(visitor: httpx.Client) -> None:
    assert visitor.get("/admin/login/").headers["Content-Encoding"] == "gzip"


def test_when_nobody_serves_the_error_says_when_to_come_back(
    programs: Path, site: Site, names: NameServer
) -> None:
    with (
        Nginx(programs, site.infra, DOMAIN, names, free_port()) as nginx,
        nginx.client() as visitor,
    ):
        response = visitor.get(PRODUCTS)
    assert problem(response) == (502, "service-unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert [len(response.headers.get_list(name)) for name in ONCE] == [1, 1, 1]


def test_five_hundred_clients_keep_their_connections(
    programs: Path, site: Site, names: NameServer
) -> None:
    name = {f"server_name {DOMAIN}": f"server_name {DOMAIN} localhost"}
    with Nginx(programs, site.infra, DOMAIN, names, site.port, UNLIMITED | name) as nginx:
        options = ("--threads=1", f"--connections={CLIENTS}", "--duration=15s", "--timeout=30s")
        done = subprocess.run(
            ["wrk", *options, f"https://localhost:{nginx.port}/"],
            check=True,
            capture_output=True,
            text=True,
        )
        lines = [line for line in nginx.lines() if line["path"] == "/"]
    assert "Non-2xx" not in done.stdout
    assert "Socket errors" not in done.stdout
    assert len(lines) > CLIENTS
    assert {line["status"] for line in lines} <= {200, 499}


class Crowd:
    """Visitors who read and send, one request after the other, for as long as a block lasts.

    Attributes:
        outcomes: What became of each request.
    """

    def __init__(self, nginx: Nginx) -> None:
        self.nginx = nginx
        self.outcomes: list[str] = []
        self._over = threading.Event()
        self._visitors = [threading.Thread(target=self._visit) for _ in range(VISITORS)]

    def __enter__(self) -> Self:
        for visitor in self._visitors:
            visitor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for visitor in self._visitors:
            visitor.join()

    def wait_for_more(self) -> None:
        """Return when they have made many more requests."""
        before = len(self.outcomes)
        wait_until(lambda: len(self.outcomes) > before + 100)

    def _visit(self) -> None:
        with self.nginx.client() as client:
            client.timeout = httpx.Timeout(PATIENCE)
            while not self._over.is_set():
                for request in (
                    client.build_request("GET", PRODUCTS),
                    client.build_request("POST", LOGIN, json={}),
                ):
                    try:
                        outcome = f"{request.method} {client.send(request).status_code}"
                    except httpx.HTTPError as error:
                        outcome = f"{request.method} {error!r}"
                    self.outcomes.append(outcome)


def test_a_rolling_restart_loses_no_request(programs: Path, site: Site, names: NameServer) -> None:
    with (
        Nginx(programs, site.infra, DOMAIN, names, site.port, UNLIMITED) as nginx,
        Crowd(nginx) as crowd,
    ):
        for host in WEB:
            crowd.wait_for_more()
            site.processes[host].send_signal(signal.SIGTERM)
            assert site.processes[host].wait(PATIENCE) == 0
            site.processes[host] = site.start(host)
        crowd.wait_for_more()
    assert set(crowd.outcomes) == {"GET 200", "POST 400"}


def test_a_certificate_comes_from_the_authority_and_nginx_reads_it(
    programs: Path, site: Site, names: NameServer
) -> None:
    with (
        Nginx(programs, site.infra, DOMAIN, names, site.port, certified=False) as nginx,
        Pebble(names, nginx.plain) as pebble,
    ):
        assert "placeholder" in nginx.issuer()
        with nginx.asking(pebble):
            wait_until(lambda: "Pebble" in nginx.issuer())


def test_a_certificate_that_nginx_cannot_read_is_not_the_last(
    programs: Path, site: Site, names: NameServer
) -> None:
    with (
        Nginx(programs, site.infra, DOMAIN, names, site.port) as nginx,
        nginx.client() as visitor,
    ):
        nginx.pem.write_text("half of a")
        wait_until(lambda: "cannot load certificate" in nginx.log.read_text())
        assert visitor.get(PRODUCTS).is_success
        nginx.install("successor")
        wait_until(lambda: "successor" in nginx.issuer())


@pytest.fixture
def cloudflare(site: Site, tmp_path: Path) -> Path:
    """Where Cloudflare would publish its addresses; the files end without the end of a line."""
    networks = re.findall(r"set_real_ip_from (.+);", conf(site))
    for name, mark in (("ips-v4", "."), ("ips-v6", ":")):
        (tmp_path / name).write_text("\n".join(each for each in networks if mark in each))
    return tmp_path


def conf(site: Site) -> str:
    """Return whom the project believes."""
    return (site.infra / "nginx/cloudflare.conf").read_text("utf-8")


def refresh(site: Site, published: Path) -> "subprocess.CompletedProcess[str]":
    """Bring that up to date."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(published))
    with ThreadingHTTPServer((ADDRESS, 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        url = f"http://{ADDRESS}:{server.server_port}"
        script = ("sh", site.infra / "nginx/cloudflare.sh", url)
        done = subprocess.run(script, check=False, capture_output=True, text=True)
        server.shutdown()
        thread.join()
    return done


def test_who_is_believed_is_what_cloudflare_publishes(site: Site, cloudflare: Path) -> None:
    assert refresh(site, cloudflare).stdout == conf(site)


@pytest.mark.parametrize("answer", ["<html>", "10.0.0.0/8", "10.0.0.0/8; include /etc/passwd"])
def test_nothing_else_is_believed(site: Site, cloudflare: Path, answer: str) -> None:
    for file in cloudflare.iterdir():
        file.write_text(answer)
    done = refresh(site, cloudflare)
    assert (done.returncode, done.stdout) == (1, "")
