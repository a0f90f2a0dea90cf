"""A shop at work on what production runs on, and what must add up in the end."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from threading import Event
from uuid import uuid4

import httpx

from tests.deployment import HEADERS, Deployment

ACCEPTED = {httpx.codes.CREATED, httpx.codes.ACCEPTED}
TIMEOUT = 30  # seconds
SETTLED = 180  # seconds: a payment that was interrupted is tried again after a minute

FIGURES = {
    "orders": "SELECT count(*) FROM orders_order",
    "paid": "SELECT count(*) FROM orders_order WHERE status = 'paid'",
    "charged": "SELECT count(*) FROM payments_fakecharge",
    "collected": "SELECT count(*) FROM payments_payment WHERE status = 'succeeded'",
    "sold": "SELECT -sum(on_hand) FROM inventory_stockitem",
}
UNPAID = "SELECT count(*) FROM orders_order WHERE status IN ('pending', 'processing')"
RESERVED = "SELECT sum(reserved) FROM inventory_stockitem"
CONFIRMED = "SELECT count(*) FROM notifications_notification WHERE kind = 'order_confirmation'"


class Shop:
    """A shop at work, with customers who order and pay, and repeat what failed.

    Attributes:
        answers: What they got, each with the time at which it had been asked for.
        bought: Number of orders that a customer knows to be placed and about to be paid.

    Args:
        deployment: Whose web process serves it; workers are the caller's.
        customers: How many there are at a time.
    """

    def __init__(self, deployment: Deployment, *, customers: int = 8) -> None:
        deployment.manage("seed", "--scale=10", DJANGO_SETTINGS_MODULE="config.settings.test")
        self.deployment = deployment
        self.customers = customers
        self.url = deployment.serve()
        script = (
            "from apps.authentication import tokens; from apps.authentication.models import User;"
            "print(tokens.issue(User.objects.get(email='customer@example.com')).access)"
        )
        token = deployment.manage("shell", "--no-imports", "-c", script).strip()
        self.headers = HEADERS | {"Authorization": f"Bearer {token}"}
        self.products = cycle(self.query("SELECT public_id FROM products_product").split())
        self.answers: list[tuple[float, httpx.Response]] = []
        self.bought = 0
        self._closing = Event()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let customers in; who is inside in the end may finish."""
        with ThreadPoolExecutor(self.customers) as pool:
            visits = [pool.submit(self._visit) for _ in range(self.customers)]
            try:
                yield
            finally:
                self._closing.set()
        self.bought = sum(visit.result() for visit in visits)

    def asked(self, *, since: float = 0) -> list[httpx.Response]:
        """Return the answers to what was asked for since then."""
        return [answer for asked_at, answer in self.answers if asked_at >= since]

    def has_answered(self, number: int) -> Callable[[], bool]:
        """Tell later whether so many requests have been answered that are asked from now on."""
        now = time.monotonic()
        return lambda: len(self.asked(since=now)) >= number

    def figures(self) -> dict[str, int]:
        """Count what the shop has done."""
        return {name: int(self.query(query)) for name, query in FIGURES.items()}

    def unpaid(self) -> int:
        """Count the orders that are in flight."""
        return int(self.query(UNPAID))

    def is_settled(self) -> bool:
        """Tell whether no order waits for anything, a confirmation by e-mail included."""
        waiting = f"SELECT ({UNPAID}), ({RESERVED}), ({FIGURES['paid']}) - ({CONFIRMED})"
        return self.query(waiting) == "0|0|0"

    def query(self, query: str) -> str:
        """Ask the database."""
        return self.deployment.postgres.psql(self.deployment.app, "--command", query)

    def _visit(self) -> int:
        bought = 0
        with httpx.Client(base_url=self.url, headers=self.headers, timeout=TIMEOUT) as client:
            while not self._closing.is_set():
                item = {"product_id": next(self.products), "quantity": 1}
                order = self._insist(client, "orders/", {"items": [item]})
                payment = {"order_id": order["id"], "method": "fake_success"}
                self._insist(client, "payments/", payment)
                bought += 1
        return bought

    def _insist(self, client: httpx.Client, path: str, body: object) -> dict[str, str]:
        """Repeat a request under one idempotency key while the shop is unavailable.

        Raises:
            httpx.HTTPStatusError: It refused the request, or has been unavailable for too long.
        """
        key = {"Idempotency-Key": str(uuid4())}
        deadline = time.monotonic() + SETTLED
        while True:
            asked_at = time.monotonic()
            answer = client.post(f"/api/v1/{path}", json=body, headers=key)
            self.answers.append((asked_at, answer))
            is_over = time.monotonic() > deadline
            if is_over or answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return self._created(answer)

    def _created(self, answer: httpx.Response) -> dict[str, str]:
        """Return what a request has made.

        Raises:
            httpx.HTTPStatusError: It was refused; what the server logged of it is a note.
        """
        try:
            created: dict[str, str] = answer.raise_for_status().json()
        except httpx.HTTPStatusError as error:
            request_id = answer.headers["X-Request-ID"]
            lines = self.deployment.log_lines()
            error.add_note("\n".join(line for line in lines if request_id in line))
            raise
        return created
