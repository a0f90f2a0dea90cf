from uuid import UUID, uuid4

import pytest
from rest_framework.test import APIClient

from apps.authentication.models import User
from apps.common.models import AuditEntry
from apps.inventory.models import MAX_UNITS, StockItem
from apps.inventory.services import reserve
from apps.inventory.tests.conftest import Stocked
from apps.products.models import Product
from conftest import Login
from tests.clients import complaints


@pytest.fixture
def product(stocked: Stocked) -> Product:
    """Five units, two of which are reserved."""
    product = stocked(5)
    reserve(reference=uuid4(), lines={product.pk: 2})
    return product


@pytest.fixture
def url(product: Product) -> str:
    return f"/inventory/{product.public_id}/"


@pytest.fixture
def seller(vendor_user: User, login: Login) -> APIClient:
    return login(vendor_user)


def test_everybody_sees_what_is_available_and_no_more(
    api: APIClient, product: Product, url: str
) -> None:
    response = api.get(url)

    assert response.status_code == 200
    assert response.json() == {"product_id": str(product.public_id), "available": 3}


def test_the_stock_of_a_hidden_product_is_not_found(api: APIClient, url: str) -> None:
    Product.objects.update(is_active=False)

    assert api.get(url).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("product_id", [UUID(int=0), "not-a-uuid", "%00", "1"])
def test_an_unknown_or_malformed_id_is_not_found(
    api: APIClient, staff_user: User, login: Login, product_id: object
) -> None:
    url = f"/inventory/{product_id}/"

    assert api.get(url).status_code == 404
    assert login(staff_user).put(url, {"on_hand": 1}).status_code == 404


def test_a_vendor_sets_the_stock_of_their_product(
    seller: APIClient, product: Product, url: str
) -> None:
    response = seller.put(url, {"on_hand": 9})

    assert response.status_code == 200
    assert response.json() == {
        "product_id": str(product.public_id),
        "on_hand": 9,
        "reserved": 2,
        "available": 7,
    }
    assert AuditEntry.objects.filter(action="stock.set", changes__on_hand=9).exists()


def test_a_vendor_stocks_a_product_before_it_is_shown(seller: APIClient, url: str) -> None:
    StockItem.objects.all().delete()
    Product.objects.update(is_active=False)

    assert seller.put(url, {"on_hand": 9}).json()["available"] == 9


def test_stock_below_what_is_reserved_is_a_conflict(seller: APIClient, url: str) -> None:
    response = seller.put(url, {"on_hand": 1})

    assert response.status_code == 409
    assert response.json()["code"] == "stock-below-reserved"
    assert response.json()["reserved"] == 2


def test_staff_set_the_stock_of_any_product(staff_user: User, login: Login, url: str) -> None:
    assert login(staff_user).put(url, {"on_hand": 9}).status_code == 200


def test_nobody_sets_the_stock_of_what_another_vendor_sells(
    api: APIClient, customer: User, login: Login, url: str
) -> None:
    other = User.objects.create_user(email="o@example.com", full_name="O", role="vendor")

    assert api.put(url, {"on_hand": 9}).status_code == 401
    for user in (customer, other):
        assert login(user).put(url, {"on_hand": 9}).status_code == 403
    assert StockItem.objects.get().on_hand == 5


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "on_hand", "required"),
        ({"on_hand": None}, "on_hand", "null"),
        ({"on_hand": -1}, "on_hand", "min_value"),
        ({"on_hand": MAX_UNITS + 1}, "on_hand", "max_value"),
        ({"on_hand": 1.5}, "on_hand", "invalid"),
        ({"on_hand": True}, "on_hand", "invalid"),
        ({"on_hand": "many"}, "on_hand", "invalid"),
        ({"on_hand": "\0"}, "on_hand", "invalid"),
        ({"on_hand": [1]}, "on_hand", "invalid"),
        ([], "", "invalid"),
    ],
)
def test_a_malformed_stock_is_refused(
    seller: APIClient, url: str, body: object, field: str, code: str
) -> None:
    response = seller.put(url, body)

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert complaints(response) == {field: {code}}
    assert StockItem.objects.get().on_hand == 5


@pytest.mark.parametrize("body", [{"on_hand": 10**400}, None])
def test_what_is_no_stock_at_all_is_refused(seller: APIClient, url: str, body: object) -> None:
    assert seller.put(url, body).status_code == 400
    assert StockItem.objects.get().on_hand == 5
