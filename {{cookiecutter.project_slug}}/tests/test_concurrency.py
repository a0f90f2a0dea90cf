"""Many at once, against a real server."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from apps.authentication import tokens
from apps.authentication.models import User
from apps.common.roles import Role
from apps.inventory.selectors import available
from apps.orders.models import Order
from apps.products.models import Product
from tests.processes import Site

BUYERS = 20


def all_at_once(send: Callable[[str], httpx.Response], access: list[str]) -> list[httpx.Response]:
    with ThreadPoolExecutor(len(access)) as pool:
        return list(pool.map(send, access))


def buyers(count: int) -> list[str]:
    users = (
        User.objects.create_user(email=f"b{n}@example.com", full_name="Buyer", role=Role.CLIENT)
        for n in range(count)
    )
    return [tokens.issue(user).access for user in users]


def order_one(
    site: Site, version: str, product: Product, **headers: str
) -> Callable[[str], httpx.Response]:
    return lambda access: httpx.post(
        f"{site.url}/api/{version}/orders/",
        json={"items": [{"product_id": str(product.public_id), "quantity": 1}]},
        headers={"Authorization": f"Bearer {access}", **headers},
        timeout=60,
    )


def test_twenty_buyers_of_the_last_five_get_five(
    site: Site, version: str, products: list[Product]
) -> None:
    product = products[0]
    responses = all_at_once(order_one(site, version, product), buyers(BUYERS))
    assert Counter(response.status_code for response in responses) == {201: 5, 409: 15}
    assert Order.objects.count() == 5
    assert available(product) == 0


def test_twelve_copies_of_one_request_run_once(
    site: Site, version: str, products: list[Product]
) -> None:
    send = order_one(site, version, products[0], **{"Idempotency-Key": "one"})
    responses = all_at_once(send, buyers(1) * 12)
    assert {response.status_code for response in responses} == {201}
    assert len({response.json()["id"] for response in responses}) == 1
    assert Order.objects.count() == 1
