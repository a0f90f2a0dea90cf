"""A customer who looks around, and now and then buys; each version of the API has its own."""

import time
from collections import deque
from collections.abc import Mapping
from secrets import choice
from threading import Lock
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from locust import FastHttpUser, poisson, task
from locust.exception import StopUser

WORDS = ("linen", "silk", "denim", "wool", "cotton", "velvet", "kente", "corduroy")
MEMORY = 20  # products a customer could name
LOGIN_LASTS = 600  # seconds; the site's own tokens live longer
SOLD_OUT = 409


class Login:
    """An access token that all customers of a process share: to sign in is slow, and limited."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._renewal = 0.0
        self._token = ""

    def token(self, customer: "Customer") -> str:
        """A token that is valid, obtained by whoever comes first."""
        with self._lock:
            if time.monotonic() > self._renewal:
                self._token = customer.log_in()
                self._renewal = time.monotonic() + LOGIN_LASTS
            return self._token


class Customer(FastHttpUser):
    """Does one thing a second on average, whenever it likes: customers are not in step."""

    abstract = True
    version: str
    login = Login()
    wait_time = poisson(1)
    # As a proxy would say it: without one, production redirects what is not encrypted.
    default_headers = {"Accept": "application/json", "X-Forwarded-Proto": "https"}

    def on_start(self) -> None:
        """Come in, and see what there is."""
        self.products: deque[str] = deque(maxlen=MEMORY)
        self.page: str | None = None
        self.browse()

    def log_in(self) -> str:
        """Obtain an access token.

        Raises:
            StopUser: The site knows no such customer.
        """
        options = self.environment.parsed_options
        credentials = {"email": options.email, "password": options.password}
        tokens = self._send("POST", "auth/login/", json=credentials)
        if tokens is None:
            raise StopUser
        return str(tokens["access"])

    @task(8)
    def browse(self) -> None:
        """Turn a page of the catalogue; after the last one comes the first."""
        path = "products/"
        page = self._send("GET", self.page or f"{path}?in_stock=true", name=path)
        if page is not None:
            self.page = page["next"] and f"{path}?{urlsplit(page['next']).query}"
            self.products.extend(product["id"] for product in page["results"])

    @task(4)
    def look(self) -> None:
        """Look at a product more closely."""
        if self.products:
            self._send("GET", f"products/{choice(self.products)}/", name="products/ID/")

    @task(4)
    def search(self) -> None:
        """Search for a word."""
        path = f"products/?search={choice(WORDS)}&in_stock=true"
        page = self._send("GET", path, name="products/?search=WORD")
        if page is not None:
            self.products.extend(product["id"] for product in page["results"])

    @task(1)
    def buy(self) -> None:
        """Order a product, and pay for it."""
        if not self.products:
            return
        item = {"product_id": choice(self.products), "quantity": 1}
        order = self._send("POST", "orders/", self._signed_in(), json={"items": [item]})
        if order is not None:
            payment = {"order_id": order["id"], "method": "fake_success"}
            self._send("POST", "payments/", self._signed_in(), json=payment)

    def _signed_in(self) -> dict[str, str]:
        token = self.login.token(self)
        return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}

    def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        *,
        name: str = "",
        **body: Any,
    ) -> dict[str, Any] | None:
        """Send a request; what the answer says, unless it says no."""
        with self.client.request(
            method,
            f"/api/{self.version}/{path}",
            name=f"{self.version}/{name or path}",
            headers=dict(headers or {}),
            catch_response=True,
            **body,
        ) as response:
            if response.status_code == SOLD_OUT:
                response.success()
            elif 200 <= response.status_code < 300:
                answer: dict[str, Any] = response.json()
                return answer
        return None
