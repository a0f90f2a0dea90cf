"""A new user types `make new`, `make run` and `make worker`, and a customer comes to buy."""

import importlib.util
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from tests.rendering import TEMPLATE
from tests.servers import free_port

type Customer = Any  # NewCustomer, of a module that exists only once a project is generated

PATIENCE = 300  # seconds, enough to install every dependency on a slow machine


class Shop:
    """A generated project that is up and running."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.server_log = folder / "server.log"
        self.worker_log = folder / "worker.log"

    def query(self, sql: str, *values: str) -> set[str]:
        """Ask the project's database for one column."""
        with closing(sqlite3.connect(self.folder / "db.sqlite3")) as connection:
            return {str(value) for (value,) in connection.execute(sql, values)}

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz").is_success
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("journey")
    port = free_port()
    subprocess.run(
        ["make", "new", "ARGS=--no-input", f"OUT={folder}"],
        cwd=TEMPLATE,
        env=_bare_environment(),
        check=True,
    )
    (project,) = folder.iterdir()
    shop = Shop(project, port)
    with ExitStack() as processes:
        processes.enter_context(_make(shop, "run", shop.server_log, f"PORT={port}"))
        _wait_until_ready(shop)
        processes.enter_context(_make(shop, "worker", shop.worker_log))
        yield shop


@pytest.fixture(scope="module")
def ann(shop: Shop) -> Customer:
    """Somebody who has just got an account; the project's own tests know what people do."""
    journey = _load(shop.folder / "tests" / "journey.py")
    ann = journey.NewCustomer(shop.url, shop.worker_log.read_text)
    ann.register()
    ann.verify()
    ann.log_in()
    return ann


def test_the_first_page_leads_everywhere(shop: Shop) -> None:
    page = httpx.get(shop.url)
    assert page.is_success
    for path in ("/api/v1/docs/", "/api/v1/schema/", "/admin/", "/readyz"):
        assert f'href="{path}"' in page.text
        assert httpx.get(f"{shop.url}{path}", follow_redirects=True).is_success


def test_a_new_customer_buys_two_products_and_pays_once(shop: Shop, ann: Customer) -> None:
    first, second = ann.search("linen")[:2]

    order = ann.order(first, second)
    answers = [ann.pay(order, "fake_webhook_success", key="pay-once") for _ in range(2)]
    ann.wait_for(order, "paid")
    ann.wait_for_mail(order["id"])

    assert answers[0].json() == answers[1].json()
    charges = "SELECT amount FROM payments_fakecharge WHERE idempotency_key = ?"
    assert len(shop.query(charges, answers[0].json()["id"])) == 1
    for product in (first, second):
        assert ann.available(product) == product["available"] - 1
    actions = "SELECT action FROM common_auditentry WHERE target_id = ?"
    audited = shop.query(actions, order["id"].replace("-", ""))
    assert audited >= {"order.placed", "order.processing", "order.paid"}


def test_a_declined_payment_returns_the_stock(ann: Customer) -> None:
    product = ann.search("linen")[0]
    order = ann.order(product)
    assert ann.available(product) == product["available"] - 1

    ann.pay(order, "fake_webhook_decline").raise_for_status()
    ann.wait_for(order, "payment_failed")
    assert ann.available(product) == product["available"]


def _load(path: Path) -> ModuleType:
    """Import a module of the project, where it lies."""
    spec = importlib.util.spec_from_file_location("journey", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _bare_environment() -> dict[str, str]:
    """What a shell of the user's would hold: nothing of the environment these tests run in."""
    own = str(Path(sys.prefix))
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if not folder.startswith(own)]
    foreign = ("ARGS", "MAKE", "MFLAGS", "OUT", "PYTEST", "UV_", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | {"PATH": os.pathsep.join(path)}


@contextmanager
def _make(shop: Shop, target: str, log: Path, *variables: str) -> Iterator[None]:
    """Run a make target with all it starts, until the block ends."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            ["make", target, *variables],
            cwd=shop.folder,
            env=_bare_environment() | {"APP_BASE_URL": shop.url, "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield
        finally:
            process.terminate()
            process.wait()
            # Uvicorn's reloader, which make and uv both tell to end, may hang over that.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _wait_until_ready(shop: Shop) -> None:
    deadline = time.monotonic() + PATIENCE
    while not shop.is_ready():
        assert time.monotonic() < deadline, shop.server_log.read_text()
        time.sleep(0.2)
