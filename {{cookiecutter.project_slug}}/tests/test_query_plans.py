"""However large the shop is, PostgreSQL finds what a hot operation needs without searching for it.

Each operation is run in a shop of many thousand products, orders and all else, and every statement
of it is explained, and measured, in the moment when it comes.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from apps.authentication import tokens
from apps.authentication.models import User
from apps.authentication.services import delete_expired_credentials
from apps.common.events import bus
from apps.common.models import AuditEntry
from apps.common.queues import Queue
from apps.common.task_backends.database import DatabaseBackend
from apps.common.tasks import delete_delivered_events, delete_idempotency_keys
from apps.inventory.services import set_stock
from apps.notifications.services import mail_order_confirmation
from apps.orders.tasks import cancel_unpaid_orders
from apps.payments.gateways import signatures
from apps.payments.gateways.fake.callback import Callback
from apps.payments.models import FakeCharge
from apps.payments.services import charge_payment, claim_stuck_payments, receive_webhook
from apps.products.handlers import copy_vendor_name
from apps.products.selectors import ORDERINGS
from apps.products.services import update_product
from apps.vendors.events import VendorRenamed
from conftest import PASSWORD
from tests.large_shop import LargeShop, fill, open_shop

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL explains its plans"),
    pytest.mark.django_db,
]

LARGE = 1_000
"""Rows; tables of more are large."""

type Operation = Callable[[LargeShop], object]
type Plan = dict[str, Any]


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[LargeShop]:
    """One shop for all of them; what a test does in it is undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        shop = open_shop()
        fill(shop)
        yield shop
        transaction.set_rollback(True)


def client(user: User | None = None) -> APIClient:
    """A client of the user, or of nobody."""
    client = APIClient()
    if user is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(user).access}")
    return client


def look(path: str, user: User | None = None) -> None:
    """See one thing."""
    assert client(user).get(f"/api/v1/{path}").status_code == 200


def browse(path: str, user: User | None = None, **query: str) -> None:
    """Read the first two pages, and the first again."""
    reader = client(user)
    first = reader.get(f"/api/v1/{path}", {"page_size": "5", **query}).json()
    second = reader.get(first["next"]).json()
    assert len(reader.get(second["previous"]).json()["results"]) == 5


def send(path: str, body: dict[str, Any], user: User | None = None) -> None:
    """Ask for something, and repeat it under the same key."""
    sender = client(user)
    for _ in range(2):
        response = sender.post(f"/api/v1/{path}", body, headers={"Idempotency-Key": "1"})
        assert response.status_code < 300, response.content


def send_once(path: str, **body: str) -> dict[str, Any]:
    """Ask for something that must not be repeated."""
    response = client().post(f"/api/v1/{path}", body)
    assert response.status_code < 300, response.content
    answer: dict[str, Any] = response.json() if response.content else {}
    return answer


def log_in(shop: LargeShop) -> None:
    """Open a session, renew it, end it."""
    pair = send_once("auth/login/", email=shop.customer.email, password=PASSWORD)
    pair = send_once("auth/refresh/", refresh=pair["refresh"])
    send_once("auth/logout/", refresh=pair["refresh"])


def place_order(shop: LargeShop) -> None:
    line = {"product_id": str(shop.product.public_id), "quantity": 1}
    send("orders/", {"items": [line]}, shop.customer)


def pay(shop: LargeShop) -> None:
    """Have the bank charge, and call back."""
    payment_id = shop.payment.public_id
    charge_payment(payment_id=payment_id)
    charge = FakeCharge.objects.get(idempotency_key=str(payment_id))
    body = Callback.of(charge).model_dump_json().encode()
    signature = signatures.sign(body, key=settings.PAYMENT_WEBHOOK_SECRET)
    receive_webhook(name="fake", headers={signatures.HEADER: signature}, body=body)


def run_next_task(_shop: LargeShop) -> None:
    backend = DatabaseBackend("default", {"QUEUES": list(Queue)})
    assert backend.run_next(worker_id="worker", queue_name=Queue.CRITICAL)
    backend.maintain()


def browse_catalogue(_shop: LargeShop, **query: str) -> None:
    browse("products/", None, **query)


OPERATIONS: dict[str, Operation] = {
    **{f"catalogue by {by}": partial(browse_catalogue, ordering=by) for by in ORDERINGS},
    "search": partial(browse_catalogue, search="shirt 77"),
    "search by price": partial(browse_catalogue, search="shirt 77", ordering="price"),
    "search for a vendor": partial(browse_catalogue, search="vendor 77"),
    "category": partial(browse_catalogue, category="category-7"),
    "category by price": partial(browse_catalogue, category="category-7", ordering="price"),
    "prices": partial(browse_catalogue, min_price="20", max_price="21", ordering="price"),
    "what a vendor sells": lambda shop: browse("products/", vendor=str(shop.vendor.public_id)),
    "offer a product": lambda shop: send(
        "products/", {"category": "shirts", "name": "New", "price": "9"}, shop.vendor.user
    ),
    "change a product": lambda shop: update_product(product=shop.product, name="Blouse"),
    "set the stock": lambda shop: set_stock(product=shop.product, on_hand=9),
    "own products": lambda shop: browse("products/mine/", shop.vendor.user),
    "product": lambda shop: look(f"products/{shop.product.public_id}/"),
    "stock": lambda shop: look(f"inventory/{shop.product.public_id}/"),
    "vendors": lambda _: browse("vendors/"),
    "own orders": lambda shop: browse("orders/", shop.customer),
    "own paid orders": lambda shop: browse("orders/", shop.customer, status="paid"),
    "order": lambda shop: look(f"orders/{shop.unpaid.public_id}/", shop.customer),
    "own payments": lambda shop: browse("payments/", shop.customer),
    "payment": lambda shop: look(f"payments/{shop.payment.public_id}/", shop.customer),
    "place an order": place_order,
    "cancel an order": lambda shop: send(
        f"orders/{shop.unpaid.public_id}/cancel/", {}, shop.customer
    ),
    "pay": pay,
    "log in": log_in,
    "end every session": lambda shop: tokens.revoke_all(shop.customer),
    "register": lambda _: send_once(
        "auth/register/", email="new@example.com", password=PASSWORD, full_name="New"
    ),
    "deliver events": lambda _: bus.deliver_pending(limit=3),
    "run the next task": run_next_task,
    "mail": lambda shop: mail_order_confirmation(order_id=shop.unpaid.public_id),
    "take up stuck payments": lambda _: claim_stuck_payments(),
    "cancel unpaid orders": lambda _: cancel_unpaid_orders.call(),
    "rename a vendor": lambda shop: copy_vendor_name(
        VendorRenamed(vendor_id=shop.vendor.public_id)
    ),
    "audit of a thing": lambda shop: AuditEntry.objects.get(
        target_type="orders.order", target_id=shop.unpaid.public_id
    ),
    "audit of a request": lambda _: AuditEntry.objects.get(request_id="request-7"),
    "delete delivered events": lambda _: delete_delivered_events.call(),
    "delete idempotency keys": lambda _: delete_idempotency_keys.call(),
    "delete expired credentials": lambda _: delete_expired_credentials(),
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_a_hot_operation_reads_little(shop: LargeShop, operation: Operation) -> None:
    assert wasteful_steps(operation, shop) == []


def test_a_missing_index_is_noticed(shop: LargeShop) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX product_by_price, outbox_pending")

    for name, table in (
        ("catalogue by price", "products_product"),
        ("deliver events", "common_outboxevent"),
    ):
        first, *_ = wasteful_steps(OPERATIONS[name], shop)
        assert table in first


def wasteful_steps(operation: Operation, shop: LargeShop) -> list[str]:
    """Run an operation; the steps of its plans that read most of a large table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, reltuples FROM pg_class WHERE reltuples > %s", [LARGE])
        rows = dict(cursor.fetchall())
    wasteful = []

    def explain(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:  # noqa: ANN401
        if sql.startswith(("SELECT", "UPDATE", "DELETE")):
            for step in _steps(_plan(sql, params)):
                kind, table, read = step["Node Type"], step["Relation Name"], _rows_read(step)
                if table in rows and (kind == "Seq Scan" or read > rows[table] / 2):
                    wasteful.append(f"{kind} on {table} reads {read} rows: {sql}")
        return execute(sql, params, *rest)

    with connection.execute_wrapper(explain):
        operation(shop)
    return wasteful


def _plan(sql: str, params: Any) -> Plan:  # noqa: ANN401
    """What PostgreSQL does for a statement, which is taken back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
        ((explained,),) = cursor.fetchall()
        transaction.set_rollback(True)
    plan: Plan = explained[0]["Plan"]
    return plan


def _steps(plan: Plan) -> Iterator[Plan]:
    """The steps of a plan that read a table."""
    if "Relation Name" in plan:
        yield plan
    for below in plan.get("Plans", ()):
        yield from _steps(below)


def _rows_read(step: Plan) -> int:
    rows: int = step["Actual Rows"] + step.get("Rows Removed by Filter", 0)
    return rows * int(step["Actual Loops"])
