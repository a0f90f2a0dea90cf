"""People who buy while something breaks, and what must add up in the end, as clients see it."""

import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, takewhile
from threading import Event
from typing import Any
from uuid import uuid4

import httpx

PATIENCE = 180  # seconds until a customer gives up, or the shop must have settled
PAUSE = 0.2  # seconds between two purchases of a customer
TRAFFIC = 40  # answers that make up a normal day
MISSING = {httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT}
"""What a site says that knows it is not all there."""


@dataclass(frozen=True)
class Answer:
    """What became of a request.

    Attributes:
        asked: When it was sent.
        given: When it was answered, or given up.
        status: `None` when there was no answer.
    """

    asked: float
    given: float
    status: int | None

    @property
    def is_good(self) -> bool:
        """Whether the customer has got something."""
        return self.status in {httpx.codes.CREATED, httpx.codes.ACCEPTED}


@dataclass(frozen=True)
class Outage:
    """What customers saw of a fault.

    Attributes:
        answers: To everything they sent.
        ended: When the command that made the fault had ended.
    """

    answers: list[Answer]
    ended: float

    @property
    def failures(self) -> list[Answer]:
        """What customers had to send again."""
        return [answer for answer in self.answers if not answer.is_good]

    @property
    def unanswered(self) -> list[Answer]:
        """Failures of which nobody told the customer anything."""
        return [answer for answer in self.failures if answer.status is None]

    @property
    def aftermath(self) -> float:
        """For how many seconds after the end there were failures."""
        return max((answer.given - self.ended for answer in self.failures), default=0)

    @property
    def slowest(self) -> float:
        """How many seconds somebody waited for an answer."""
        return max(answer.given - answer.asked for answer in self.answers)


class Shop:
    """A shop with customers, who insist on what they want.

    Args:
        client: Of version 1 of its API.
        email: Of an account that nobody else uses now.
        password: Of the same.
        customers: How many share the account.
    """

    def __init__(
        self, client: httpx.Client, email: str, password: str, *, customers: int = 8
    ) -> None:
        self.client = client
        credentials = {"email": email, "password": password}
        tokens = self.client.post("auth/login/", json=credentials).raise_for_status().json()
        self.client.headers["Authorization"] = f"Bearer {tokens['access']}"
        self.customers = customers
        self.answers: list[Answer] = []
        self.orders: list[str] = []
        """Those that customers know of."""
        self._closing = Event()
        self._earlier = next((order["id"] for order in self._listed()), None)
        page = self._read("products/", in_stock="true", page_size="100")
        self._stock = {product["id"]: product["available"] for product in page["results"]}

    def endure(self, command: str) -> Outage:
        """Let customers buy, run a command that breaks something and mends it, and let them go on.

        Raises:
            CalledProcessError: It failed.
        """
        with self._open():
            self._wait_for_traffic()
            subprocess.run(command, shell=True, check=True)  # noqa: S602 - it is the user's own
            ended = time.monotonic()
            self._wait_for_traffic()
        return Outage(self.answers, ended)

    def assert_everything_adds_up(self) -> None:
        """Every order is there once, is paid once, and has taken one unit from the stock."""
        wait_until(lambda: {order["status"] for order in self._placed()} == {"paid"})
        assert sorted(order["id"] for order in self._placed()) == sorted(self.orders)
        for order in self.orders:
            payments = self._read("payments/", order_id=order)["results"]
            assert [payment["status"] for payment in payments] == ["succeeded"]
        left = {product: self._available(product) for product in self._stock}
        assert sum(self._stock.values()) - sum(left.values()) == len(self.orders)

    @contextmanager
    def _open(self) -> Iterator[None]:
        products = cycle(self._stock)
        with ThreadPoolExecutor(self.customers) as pool:
            visits = [pool.submit(self._visit, products) for _ in range(self.customers)]
            try:
                yield
            finally:
                self._closing.set()
        for visit in visits:
            visit.result()

    def _visit(self, products: Iterator[str]) -> None:
        while not self._closing.wait(PAUSE):
            items = [{"product_id": next(products), "quantity": 1}]
            order = self._insist("orders/", {"items": items})
            self.orders.append(order["id"])
            self._insist("payments/", {"order_id": order["id"], "method": "fake_success"})

    def _insist(self, path: str, body: object) -> dict[str, Any]:
        """Repeat a request, as the same one, while the shop is away.

        Raises:
            HTTPStatusError: It was refused, or the shop was away for too long.
        """
        key = {"Idempotency-Key": str(uuid4())}
        deadline = time.monotonic() + PATIENCE
        while True:
            asked = time.monotonic()
            try:
                response = self.client.post(path, json=body, headers=key)
            except httpx.TransportError:
                self.answers.append(Answer(asked, time.monotonic(), None))
                if time.monotonic() > deadline:
                    raise
                continue
            self.answers.append(Answer(asked, time.monotonic(), response.status_code))
            if response.status_code not in MISSING or time.monotonic() > deadline:
                created: dict[str, Any] = response.raise_for_status().json()
                return created

    def _wait_for_traffic(self) -> None:
        """Wait until so many requests have been served that are sent from now on."""
        now = time.monotonic()
        wait_until(lambda: sum(a.is_good and a.asked >= now for a in self.answers) >= TRAFFIC)

    def _placed(self) -> Iterator[dict[str, Any]]:
        """The account's orders since the beginning."""
        return takewhile(lambda order: order["id"] != self._earlier, self._listed())

    def _listed(self) -> Iterator[dict[str, Any]]:
        """All orders of the account, newest first."""
        query = {"page_size": "100"}
        while True:
            page = self._read("orders/", **query)
            yield from page["results"]
            if not page["next"]:
                return
            query = dict(httpx.URL(page["next"]).params)

    def _available(self, product: str) -> int:
        return int(self._read(f"inventory/{product}/")["available"])

    def _read(self, path: str, **query: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(path, params=query).raise_for_status().json()
        return found


def wait_until(condition: Callable[[], object]) -> None:
    """Look again and again until a condition holds.

    Raises:
        TimeoutError: It never did.
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the shop did not get there within {PATIENCE} s")
        time.sleep(0.5)
