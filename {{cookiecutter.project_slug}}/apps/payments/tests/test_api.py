"""What customers can do over the API."""

from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.authentication.models import User
from apps.orders.models import Order
from apps.payments.models import FakeCharge, Payment
from apps.payments.services import start_payment
from apps.payments.tests.conftest import Pay, PlaceOrder
from conftest import Login, RunTasks
from tests.clients import complaints

URL = "/payments/"
UNKNOWN = UUID("019a0000-0000-7000-8000-000000000000")


@pytest.fixture
def client(customer: User, login: Login) -> APIClient:
    """The customer's client."""
    return login(customer)


@pytest.fixture
def stranger(vendor_user: User, login: Login) -> APIClient:
    """Somebody else's client."""
    return login(vendor_user)


def test_paying_is_accepted_and_happens_later(client: APIClient, order: Order) -> None:
    body = {"order_id": str(order.public_id), "method": "fake_success"}
    response = client.post(URL, body)
    payment = Payment.objects.get()
    assert response.status_code == 202
    assert response.json() == {
        "id": str(payment.public_id),
        "order_id": str(order.public_id),
        "status": "pending",
        "amount": "39.98",
        "currency": "USD",
        "failure_reason": "",
        "created_at": payment.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": payment.updated_at.isoformat().replace("+00:00", "Z"),
    }


def test_the_same_request_twice_pays_once(
    client: APIClient, order: Order, run_tasks: RunTasks
) -> None:
    body = {"order_id": str(order.public_id), "method": "fake_success"}
    headers = {"Idempotency-Key": "cart-1"}
    first, second = (client.post(URL, body, headers=headers) for _ in range(2))
    run_tasks()
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert FakeCharge.objects.count() == 1


def test_an_order_that_is_paid_already_is_a_conflict(
    client: APIClient, order: Order, pay: Pay, run_tasks: RunTasks
) -> None:
    pay("fake_success")
    run_tasks()
    response = client.post(URL, {"order_id": str(order.public_id), "method": "fake_success"})
    assert response.status_code == 409


def test_nobody_can_pay_somebody_elses_order(stranger: APIClient, order: Order) -> None:
    response = stranger.post(URL, {"order_id": str(order.public_id), "method": "fake_success"})
    assert response.status_code == 404
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"method": "fake_success"}, "order_id", "required"),
        ({"order_id": "1", "method": "fake_success"}, "order_id", "invalid"),
        ({"order_id": str(UNKNOWN)}, "method", "required"),
        ({"order_id": str(UNKNOWN), "method": ""}, "method", "blank"),
        (
            {"order_id": str(UNKNOWN), "method": "fake\x00success"},
            "method",
            "null_characters_not_allowed",
        ),
        ({"order_id": str(UNKNOWN), "method": "x" * 256}, "method", "max_length"),
        ([], "", "invalid"),
    ],
)
def test_nonsense_is_refused(body: object, field: str, code: str, client: APIClient) -> None:
    response = client.post(URL, body)
    assert response.status_code == 400
    assert complaints(response) == {field: {code}}


def test_a_payment_can_be_followed(client: APIClient, pay: Pay, run_tasks: RunTasks) -> None:
    payment = pay("fake_decline")
    url = f"{URL}{payment.public_id}/"
    assert client.get(url).json()["status"] == "pending"
    run_tasks()
    answer = client.get(url).json()
    assert (answer["status"], answer["failure_reason"]) == ("declined", "The card was declined.")


def test_nobody_sees_somebody_elses_payment(stranger: APIClient, pay: Pay) -> None:
    payment = pay("fake_success")
    url = f"{URL}{payment.public_id}/"
    assert stranger.get(url).status_code == 404
    assert stranger.get(URL).json()["results"] == []


def test_payments_are_listed_newest_first_and_by_order(
    client: APIClient, order: Order, pay: Pay, place: PlaceOrder, customer: User
) -> None:
    first = pay("fake_success")
    second = start_payment(order=place(customer), method="fake_success")
    everything = client.get(URL).json()["results"]
    of_one_order = client.get(URL, {"order_id": str(order.public_id)}).json()["results"]
    assert [payment["id"] for payment in everything] == [
        str(second.public_id),
        str(first.public_id),
    ]
    assert [payment["id"] for payment in of_one_order] == [str(first.public_id)]


def test_a_listing_costs_the_same_however_long_it_is(
    client: APIClient,
    pay: Pay,
    place: PlaceOrder,
    customer: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    pay("fake_success")
    start_payment(order=place(customer), method="fake_success")
    with django_assert_num_queries(2):
        client.get(URL)


@pytest.mark.parametrize("order_id", ["1", "\x00", "9" * 400])
def test_a_malformed_filter_is_refused(order_id: str, client: APIClient) -> None:
    assert client.get(URL, {"order_id": order_id}).status_code == 400


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", ""), ("get", f"{UNKNOWN}/")])
def test_strangers_must_sign_in(method: str, path: str, api: APIClient, db: None) -> None:
    assert getattr(api, method)(f"{URL}{path}").status_code == 401
