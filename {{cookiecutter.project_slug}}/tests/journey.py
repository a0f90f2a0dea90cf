"""A new customer, scripted: everything a person does between hearing of the shop and owning it."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_string, policy
from typing import Any

import httpx

PASSWORD = "a long enough passphrase"
PATIENCE_SECONDS = 60

# How the console shows an e-mail.
HEADERS = "Content-Type: multipart/alternative"
END = "-" * 79


@dataclass
class NewCustomer:
    """Talks to a shop over HTTP and reads its own mail.

    Args:
        url: Where the shop is.
        mail: What the shop has printed so far, e-mails among it.
        version: Of the API.
        confidential: What nobody else may come to know.
    """

    url: str
    mail: Callable[[], str]
    version: str = "v1"
    email: str = field(default_factory=lambda: f"ann+{secrets.token_hex(4)}@example.com")
    access: str = ""
    confidential: set[str] = field(default_factory=lambda: {PASSWORD})

    def request(self, method: str, path: str, *, key: str = "", **options: Any) -> httpx.Response:
        """Send a request as this customer, with an idempotency key if there is one."""
        headers = {
            **({"Authorization": f"Bearer {self.access}"} if self.access else {}),
            **({"Idempotency-Key": key} if key else {}),
        }
        return httpx.request(
            method, f"{self.url}/api/{self.version}/{path}", headers=headers, timeout=30, **options
        )

    def register(self) -> None:
        """Ask for an account."""
        account = {"email": self.email, "password": PASSWORD, "full_name": "Ann Example"}
        self.request("POST", "auth/register/", json=account).raise_for_status()

    def verify(self) -> None:
        """Wait for the e-mail, and send back the code it holds."""
        code = self._wait(lambda: re.findall(r"^(\d{6})\r?$", self._mail_to_me(), re.MULTILINE))[-1]
        self.confidential.add(code)
        proof = {"email": self.email, "code": code}
        self.request("POST", "auth/verify/", json=proof).raise_for_status()

    def log_in(self) -> None:
        """Obtain an access token."""
        credentials = {"email": self.email, "password": PASSWORD}
        tokens = self.request("POST", "auth/login/", json=credentials).raise_for_status().json()
        self.access = tokens["access"]
        self.confidential |= {tokens["access"], tokens["refresh"]}

    def search(self, words: str) -> list[dict[str, Any]]:
        """The products that a search finds."""
        answer = self.request("GET", "products/", params={"search": words, "in_stock": "true"})
        found: list[dict[str, Any]] = answer.raise_for_status().json()["results"]
        return found

    def order(self, *products: dict[str, Any]) -> dict[str, Any]:
        """Order one of each."""
        items = [{"product_id": product["id"], "quantity": 1} for product in products]
        answer = self.request("POST", "orders/", json={"items": items})
        placed: dict[str, Any] = answer.raise_for_status().json()
        return placed

    def pay(self, order: dict[str, Any], method: str, key: str = "") -> httpx.Response:
        """Ask for a payment."""
        payment = {"order_id": order["id"], "method": method}
        return self.request("POST", "payments/", json=payment, key=key)

    def status(self, order: dict[str, Any]) -> str:
        """Where an order stands."""
        answer = self.request("GET", f"orders/{order['id']}/").raise_for_status()
        return str(answer.json()["status"])

    def wait_for(self, order: dict[str, Any], status: str) -> None:
        """Wait until an order has got somewhere."""
        self._wait(lambda: self.status(order) == status)

    def wait_for_mail(self, text: str) -> None:
        """Wait for an e-mail that holds a text."""
        self._wait(lambda: text in self._mail_to_me())

    def available(self, product: dict[str, Any]) -> int:
        """How many units of a product can be bought."""
        answer = self.request("GET", f"inventory/{product['id']}/").raise_for_status()
        return int(answer.json()["available"])

    def _mail_to_me(self) -> str:
        letters = (
            message_from_string(HEADERS + letter, policy=policy.default)
            for _, _, letter in (part.partition(HEADERS) for part in self.mail().split(END))
        )
        return "\n".join(
            body.get_content()
            for letter in letters
            if letter["To"] == self.email and (body := letter.get_body(("plain",)))
        )

    @staticmethod
    def _wait[T](condition: Callable[[], T]) -> T:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (outcome := condition()):
            if time.monotonic() > deadline:
                raise TimeoutError("the shop did not get there in time")
            time.sleep(0.1)
        return outcome
