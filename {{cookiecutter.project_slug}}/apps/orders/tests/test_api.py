"""Orders over the API."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.authentication.models import User
from apps.common.roles import Role
from apps.inventory.selectors import available
from apps.orders.models import Order
from apps.orders.services import OrderLine, begin_payment, place_order
from apps.products.models import Product
from tests.clients import complaints

pytestmark = pytest.mark.django_db

ORDERS = "/orders/"
SOMETHING = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def client(customer: User, login: Callable[[User], APIClient]) -> APIClient:
    return login(customer)


@pytest.fixture
def stranger(login: Callable[[User], APIClient]) -> APIClient:
    return login(
        User.objects.create_user(
            email="stranger@example.com", full_name="A Stranger", role=Role.CLIENT
        )
    )


@pytest.fixture
def order(customer: User, shirt: Product) -> Order:
    return place_order(customer=customer, lines=[OrderLine(shirt.public_id, 2)])


def body(product: Product, quantity: int = 1) -> dict[str, object]:
    return {"items": [{"product_id": str(product.public_id), "quantity": quantity}]}


def test_a_customer_places_an_order(client: APIClient, shirt: Product) -> None:
    response = client.post(ORDERS, body(shirt, 2))
    assert response.status_code == 201
    order = response.json()
    assert (order["status"], order["total_amount"], order["currency"]) == (
        "pending",
        "40.00",
        "USD",
    )
    assert order["items"] == [
        {
            "product_id": str(shirt.public_id),
            "product_name": "Shirt",
            "unit_price": "20.00",
            "quantity": 2,
            "subtotal": "40.00",
        }
    ]


def test_a_repeated_order_is_placed_once(client: APIClient, shirt: Product) -> None:
    responses = [
        client.post(ORDERS, body(shirt), headers={"Idempotency-Key": "k-1"}) for _ in range(2)
    ]
    assert responses[0].json() == responses[1].json()
    assert Order.objects.count() == 1
    assert available(shirt) == 4


def test_an_order_for_too_much_names_the_products(client: APIClient, shirt: Product) -> None:
    response = client.post(ORDERS, body(shirt, 6))
    assert (response.status_code, response.json()["code"]) == (409, "insufficient-stock")
    assert response.json()["products"] == [str(shirt.public_id)]


def test_an_order_for_an_unknown_product_is_answered_404(client: APIClient) -> None:
    response = client.post(ORDERS, {"items": [{"product_id": str(uuid4()), "quantity": 1}]})
    assert (response.status_code, response.json()["code"]) == (404, "unknown-products")


@pytest.mark.parametrize(
    ("items", "field", "code"),
    [
        (None, "items", "null"),
        ("shirt", "items", "not_a_list"),
        ([], "items", "empty"),
        ([{}], "items.0.quantity", "required"),
        ([{"product_id": "x", "quantity": 1}], "items.0.product_id", "invalid"),
        ([{"product_id": SOMETHING, "quantity": 0}], "items.0.quantity", "min_value"),
        ([{"product_id": SOMETHING, "quantity": True}], "items.0.quantity", "invalid"),
        ([{"product_id": SOMETHING, "quantity": 10**10}], "items.0.quantity", "max_value"),
        ([{"product_id": SOMETHING, "quantity": 1}] * 2, "items", "invalid"),
        ([{"product_id": SOMETHING, "quantity": 1}] * 101, "items", "max_length"),
    ],
)
def test_a_malformed_order_is_refused(
    client: APIClient, items: object, field: str, code: str
) -> None:
    response = client.post(ORDERS, {"items": items})
    assert response.status_code == 400
    assert code in complaints(response)[field]


def test_only_customers_buy(
    vendor_user: User, login: Callable[[User], APIClient], api: APIClient, shirt: Product
) -> None:
    assert api.post(ORDERS, body(shirt)).status_code == 401
    assert login(vendor_user).post(ORDERS, body(shirt)).status_code == 403


def test_a_customer_lists_own_orders_newest_first(
    client: APIClient, stranger: APIClient, shirt: Product
) -> None:
    placed = [client.post(ORDERS, body(shirt)).json()["id"] for _ in range(3)]
    stranger.post(ORDERS, body(shirt))
    assert [order["id"] for order in client.get(ORDERS).json()["results"]] == placed[::-1]


def test_pages_hold_every_order_once(client: APIClient, shirt: Product) -> None:
    placed = {client.post(ORDERS, body(shirt)).json()["id"] for _ in range(5)}
    seen, page = [], f"{ORDERS}?page_size=2"
    while page:
        answer = client.get(page).json()
        seen += [order["id"] for order in answer["results"]]
        page = answer["next"]
    assert sorted(seen) == sorted(placed)


def test_orders_are_filtered_by_status(client: APIClient, order: Order) -> None:
    assert len(client.get(ORDERS, {"status": "pending"}).json()["results"]) == 1
    assert len(client.get(ORDERS, {"status": ""}).json()["results"]) == 1
    assert client.get(ORDERS, {"status": "paid"}).json()["results"] == []
    assert client.get(ORDERS, {"status": "lost"}).status_code == 400


def test_a_list_costs_the_same_however_long_it_is(
    client: APIClient,
    shirt: Product,
    scarf: Product,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for product in (shirt, scarf, shirt):
        client.post(ORDERS, body(product))
    with django_assert_max_num_queries(3):
        client.get(ORDERS)


def test_an_order_is_shown_to_its_customer_alone(
    client: APIClient, stranger: APIClient, order: Order
) -> None:
    address = f"{ORDERS}{order.public_id}/"
    assert client.get(address).json()["id"] == str(order.public_id)
    assert stranger.get(address).status_code == 404


def test_a_customer_cancels_an_order(client: APIClient, order: Order, shirt: Product) -> None:
    response = client.post(f"{ORDERS}{order.public_id}/cancel/")
    assert response.json()["status"] == "cancelled"
    assert available(shirt) == 5


def test_an_order_is_cancelled_by_its_customer_alone(stranger: APIClient, order: Order) -> None:
    assert stranger.post(f"{ORDERS}{order.public_id}/cancel/").status_code == 404


def test_an_order_whose_payment_is_under_way_is_not_cancelled(
    client: APIClient, order: Order
) -> None:
    begin_payment(order=order)
    response = client.post(f"{ORDERS}{order.public_id}/cancel/")
    assert (response.status_code, response.json()["order_status"]) == (409, "processing")
