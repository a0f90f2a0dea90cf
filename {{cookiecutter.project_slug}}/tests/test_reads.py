"""What the API reads on the event loop is what it reads on a thread."""

import asyncio
from collections.abc import Iterable
from itertools import cycle
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from django.db import connection
from django.test import override_settings

from apps.authentication import tokens
from apps.authentication.models import User
from apps.common.async_ninja import reads
from apps.inventory.services import set_stock
from apps.orders.models import Order
from apps.orders.services import OrderLine, place_order
from apps.products.models import Product
from apps.products.selectors import ORDERINGS
from config.asgi import application

CATALOGUE = "/api/v2/products/"
ORDERS = "/api/v2/orders/"

pytestmark = [
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="only PostgreSQL is read from the event loop"
    ),
    pytest.mark.django_db(transaction=True),
]


def ask(path: str, *, on_event_loop: bool, access: str = "") -> httpx.Response:
    """What the API answers a visitor, or whoever has the token."""
    headers = {"X-Request-ID": "request-1"}
    if access:
        headers["Authorization"] = f"Bearer {access}"
    transport = httpx.ASGITransport(app=cast("Any", application))

    async def exchange() -> httpx.Response:
        try:
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as api:
                return await api.get(path, headers=headers)
        finally:
            await reads.close()

    with override_settings(READS_ON_EVENT_LOOP=on_event_loop):
        return asyncio.run(exchange())


def same_answer(path: str, *, access: str = "") -> httpx.Response:
    """What the API answers either way."""
    on_thread = ask(path, on_event_loop=False, access=access)
    on_event_loop = ask(path, on_event_loop=True, access=access)
    assert on_event_loop.status_code == on_thread.status_code
    assert on_event_loop.json() == on_thread.json()
    return on_event_loop


def walk(link: str, *, on_event_loop: Iterable[bool]) -> list[Any]:
    """The pages of a listing to its end and back, read in these ways by turns."""
    pages: list[Any] = []
    ways = cycle(on_event_loop)
    for towards in ("next", "previous"):
        while link:
            pages.append(ask(link, on_event_loop=next(ways)).json())
            link = pages[-1][towards]
        link = pages[-1]["previous"]
    # Cursors tell the same place in other words, and when they were made.
    return [
        {**page, "next": bool(page["next"]), "previous": bool(page["previous"])} for page in pages
    ]


@pytest.fixture
def order(customer: User, products: list[Product]) -> Order:
    """Two of the first product."""
    return place_order(customer=customer, lines=[OrderLine(products[0].public_id, 2)])


@pytest.mark.parametrize(
    "query",
    [
        "",
        "search=silk",
        "search=shirt",
        "search=nothing",
        "search=shirt&ordering=-price",
        "category=shirts",
        "category=nothing",
        "vendor={vendor}",
        "min_price=30",
        "max_price=30",
        "in_stock=true",
        "in_stock=false",
        *(f"ordering={ordering}" for ordering in ORDERINGS),
    ],
)
def test_the_catalogue_is_the_same_there_and_back(products: list[Product], query: str) -> None:
    set_stock(product=products[0], on_hand=0)
    path = f"{CATALOGUE}?page_size=1&{query.format(vendor=products[0].vendor.public_id)}"
    on_thread = walk(path, on_event_loop=[False])
    assert walk(path, on_event_loop=[True]) == on_thread
    assert walk(path, on_event_loop=[True, False]) == on_thread


def test_a_cursor_that_leads_nowhere_is_refused_the_same() -> None:
    assert same_answer(f"{CATALOGUE}?cursor=nowhere").status_code == 404


def test_a_product_is_the_same(products: list[Product]) -> None:
    for product in products:
        response = same_answer(f"{CATALOGUE}{product.public_id}/")
        assert response.json()["id"] == str(product.public_id)


def test_a_product_with_an_image_is_the_same(products: list[Product]) -> None:
    Product.objects.filter(pk=products[0].pk).update(image="products/hat.png")
    response = same_answer(f"{CATALOGUE}{products[0].public_id}/")
    assert response.json()["image_url"] == "http://localhost/media/products/hat.png"


def test_no_product_is_the_same() -> None:
    assert same_answer(f"{CATALOGUE}{uuid4()}/").status_code == 404


def test_an_order_is_the_same(customer: User, order: Order) -> None:
    response = same_answer(f"{ORDERS}{order.public_id}/", access=tokens.issue(customer).access)
    assert response.json()["id"] == str(order.public_id)


def test_an_order_of_somebody_else_is_the_same(vendor_user: User, order: Order) -> None:
    access = tokens.issue(vendor_user).access
    assert same_answer(f"{ORDERS}{order.public_id}/", access=access).status_code == 404


def test_an_order_after_the_login_has_ended_is_the_same(customer: User, order: Order) -> None:
    access = tokens.issue(customer).access
    tokens.revoke_all(customer)
    assert same_answer(f"{ORDERS}{order.public_id}/", access=access).status_code == 401
