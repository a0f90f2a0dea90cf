"""A new customer's way through the shop: real server, real worker, real HTTP."""

import re

import pytest

from apps.common.models import AuditEntry
from apps.payments.models import FakeCharge
from apps.products.models import Product
from tests.journey import NewCustomer
from tests.processes import Site


@pytest.fixture
def ann(site: Site, version: str, products: list[Product]) -> NewCustomer:
    site.start_worker()
    ann = NewCustomer(site.url, site.worker_log.read_text, version)
    ann.register()
    ann.verify()
    ann.log_in()
    return ann


def test_a_new_customer_buys_two_products(ann: NewCustomer) -> None:
    linen, silk = sorted(ann.search("shirt"), key=lambda product: str(product["name"]))
    order = ann.order(linen, silk)

    first = ann.pay(order, "fake_webhook_success", key="pay-once")
    again = ann.pay(order, "fake_webhook_success", key="pay-once")
    assert (first.status_code, first.json()) == (again.status_code, again.json())

    ann.wait_for(order, "paid")
    ann.wait_for_mail(order["id"])
    assert FakeCharge.objects.count() == 1
    assert (ann.available(linen), ann.available(silk)) == (4, 4)
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"order.placed", "order.processing", "order.paid"} <= actions


def test_a_declined_payment_returns_the_stock(ann: NewCustomer) -> None:
    [silk] = ann.search("silk")
    order = ann.order(silk)
    assert ann.available(silk) == 4

    ann.pay(order, "fake_webhook_decline").raise_for_status()
    ann.wait_for(order, "payment_failed")
    assert ann.available(silk) == 5


def test_the_log_of_a_purchase_shows_no_secret(site: Site, ann: NewCustomer) -> None:
    [silk] = ann.search("silk")
    order = ann.order(silk)
    ann.pay(order, "fake_webhook_success", key="pay-once").raise_for_status()
    ann.wait_for_mail(order["id"])
    card = "4242424242424242"
    ann.request("GET", f"products/{card}/")
    ann.request("POST", "auth/login/", json={"email": ann.email, "password": card})

    lines = [{k: v for k, v in line.items() if "time" not in k} for line in site.log_lines()]

    assert {"request", "process_order_payment"} <= set(re.findall(r"\w+", str(lines)))
    secrets = {*ann.confidential, ann.email, card}
    assert [line for line in lines if any(secret in str(line) for secret in secrets)] == []
