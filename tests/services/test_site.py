"""What a project asks of a site from outside, with `make smoke` and `make load`."""

import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.deployment import Deployment
from tests.environments import shell_with
from tests.servers import ADDRESS, free_port, wait_until

# The demo shop is no part of production; tests have another way to keep passwords.
DEVELOPMENT = {"DJANGO_SETTINGS_MODULE": "config.settings.development"}
# To compress static files takes a minute.
UNCOMPRESSED = """
from config.settings.production import *
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
"""
SHORT = "--users 40 --spawn-rate 40 --run-time 6s"
POSSIBLE = "--max-p95 20000 --min-rate 1"


@dataclass(frozen=True)
class Site:
    """A server in production, with the demo shop."""

    deployment: Deployment
    url: str

    def make(self, target: str, url: str = "", arguments: str = "") -> tuple[int, str]:
        """Run a target against an address; return the exit status and the output."""
        authority_file = {"SSL_CERT_FILE": str(self.deployment.postgres.authority)}
        done = subprocess.run(
            ["make", target, f"URL={url or self.url}", f"ARGS={arguments}"],
            cwd=self.deployment.folder,
            env=shell_with(self.deployment.environment) | authority_file,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def query(self, query: str) -> None:
        """Change something in the database."""
        self.deployment.postgres.psql(self.deployment.app, "--command", query)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Deployment("default") as deployment:
        deployment.manage("seed", **DEVELOPMENT)
        (deployment.folder / "uncompressed.py").write_text(UNCOMPRESSED)
        collect = ("collectstatic", "--noinput", "--verbosity=0")
        deployment.manage(*collect, DJANGO_SETTINGS_MODULE="uncompressed")
        yield Site(deployment, deployment.serve())


def test_a_site_that_works_passes_the_smoke_test(site: Site) -> None:
    status, output = site.make("smoke")
    assert status == 0, output
    assert "5 passed, 3 skipped" in output


def test_a_site_that_shows_its_figures_to_everybody_does_not_pass(site: Site) -> None:
    """A server without a proxy does, and does not redirect either; the rest is as it should be."""
    port = free_port()
    postgres = site.deployment.postgres
    encrypted = ("--ssl-certfile", str(postgres.certificate), "--ssl-keyfile", str(postgres.key))
    options = ("--port", str(port), "--lifespan", "off", *encrypted)
    site.deployment.start("-m", "uvicorn", "config.asgi:application", *options)
    url = f"https://{ADDRESS}:{port}"
    wait_until(lambda: is_alive(url, postgres.authority))
    status, output = site.make("smoke", url)
    assert status != 0
    assert "1 failed, 5 passed, 2 skipped" in output
    assert "test_figures_are_not_for_everybody" in output


def test_an_empty_shop_does_not_pass_the_smoke_test(site: Site) -> None:
    show = "UPDATE products_product SET is_active = "
    site.query(f"{show} false")
    try:
        status, output = site.make("smoke")
    finally:
        site.query(f"{show} true")
    assert status != 0
    assert "check_site.py::test_every_version_has_a_catalogue" in output


def test_customers_are_served_and_the_figures_tell(site: Site) -> None:
    status, output = site.make("load", arguments=f"{SHORT} {POSSIBLE}")
    assert status == 0, output
    for request in ("v1/products/ ", "v2/products/ ", "/products/ID/ ", "/orders/ ", "/payments/ "):
        assert request in output


@pytest.mark.parametrize(
    ("demand", "complaint"),
    [
        ("--max-p95 0", "p95 is"),
        ("--min-rate 100000", "fewer than 100000"),
        ("--password wrong", "failed: more than 0.10%"),
    ],
)
def test_a_run_that_misses_what_is_demanded_fails(site: Site, demand: str, complaint: str) -> None:
    status, output = site.make("load", arguments=f"{SHORT} {POSSIBLE} {demand}")
    assert status != 0
    assert complaint in output


def is_alive(url: str, authority: Path) -> bool:
    """Tell whether a server answers, and can prove who it is."""
    try:
        trust = ssl.create_default_context(cafile=authority)
        return httpx.get(f"{url}/livez", verify=trust).is_success
    except httpx.TransportError:
        return False
