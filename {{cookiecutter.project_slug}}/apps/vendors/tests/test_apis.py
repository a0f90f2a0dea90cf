from datetime import timedelta
from uuid import UUID

import pytest
from rest_framework.test import APIClient
from time_machine import TimeMachineFixture

from apps.authentication.models import User
from apps.vendors.models import Vendor
from apps.vendors.services import create_vendor
from conftest import Login
from tests.clients import complaints

URL = "/vendors/"
ME = f"{URL}me/"


@pytest.fixture
def seller(vendor_user: User, login: Login) -> APIClient:
    return login(vendor_user)


@pytest.fixture
def vendor(vendor_user: User) -> Vendor:
    return create_vendor(user=vendor_user, name="Ada", description="Hats.")


def test_a_vendor_creates_their_profile(seller: APIClient) -> None:
    response = seller.post(URL, {"name": "  Ada  ", "description": "Hats."})

    assert response.status_code == 201
    vendor = Vendor.objects.get()
    assert response.json() == {
        "id": str(vendor.public_id),
        "name": "Ada",
        "slug": "ada",
        "description": "Hats.",
        "created_at": vendor.created_at.isoformat().replace("+00:00", "Z"),
    }


def test_a_second_profile_is_a_conflict(seller: APIClient, vendor: Vendor) -> None:
    response = seller.post(URL, {"name": "Another"})

    assert response.status_code == 409
    assert response.json()["code"] == "vendor-exists"


def test_a_repeated_request_creates_one_profile(seller: APIClient) -> None:
    first, second = (
        seller.post(URL, {"name": "Ada"}, headers={"Idempotency-Key": "1"}) for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "name", "required"),
        ({"name": ""}, "name", "blank"),
        ({"name": None}, "name", "null"),
        ({"name": ["Ada"]}, "name", "invalid"),
        ({"name": "nul\0byte"}, "name", "invalid"),
        ({"name": "x" * 121}, "name", "max_length"),
        ({"name": "Ada", "description": "x" * 5001}, "description", "max_length"),
        ([], "", "invalid"),
        ("Ada", "", "invalid"),
    ],
)
def test_a_malformed_profile_is_refused(
    seller: APIClient, body: object, field: str, code: str
) -> None:
    response = seller.post(URL, body)

    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert complaints(response).keys() == {field}
    assert code in complaints(response)[field]
    assert not Vendor.objects.exists()


def test_only_vendors_create_profiles(api: APIClient, customer: User, login: Login) -> None:
    assert api.post(URL, {"name": "Ada"}).status_code == 401
    assert login(customer).post(URL, {"name": "Ada"}).status_code == 403


def test_everybody_sees_the_vendors_newest_first(
    api: APIClient, vendor: Vendor, staff_user: User, time_machine: TimeMachineFixture
) -> None:
    time_machine.move_to(vendor.created_at + timedelta(seconds=1))
    create_vendor(user=staff_user, name="The shop")

    page = api.get(URL).json()

    assert [row["name"] for row in page["results"]] == ["The shop", "Ada"]
    assert (page["next"], page["previous"]) == (None, None)


def test_everybody_sees_a_vendor(api: APIClient, vendor: Vendor) -> None:
    response = api.get(f"{URL}{vendor.public_id}/")

    assert response.status_code == 200
    assert response.json()["name"] == "Ada"


def test_a_suspended_vendor_is_hidden(api: APIClient, vendor: Vendor) -> None:
    Vendor.objects.update(is_active=False)

    assert api.get(URL).json()["results"] == []
    assert api.get(f"{URL}{vendor.public_id}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("vendor_id", [UUID(int=0), "not-a-uuid", "%00", "1"])
def test_an_unknown_or_malformed_id_is_not_found(api: APIClient, vendor_id: object) -> None:
    response = api.get(f"{URL}{vendor_id}/")

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"


def test_a_vendor_reads_and_changes_their_own_profile(seller: APIClient, vendor: Vendor) -> None:
    assert seller.get(ME).json()["id"] == str(vendor.public_id)

    response = seller.patch(ME, {"description": "Hats and gloves.", "slug": "stolen"})

    assert response.status_code == 200
    assert response.json()["description"] == "Hats and gloves."
    assert response.json()["slug"] == "ada"
    assert response.json()["name"] == "Ada"


def test_a_malformed_change_is_refused(seller: APIClient, vendor: Vendor) -> None:
    assert seller.patch(ME, {"name": ""}).status_code == 400


def test_a_vendor_without_a_profile_is_told_to_create_it(seller: APIClient) -> None:
    for response in (seller.get(ME), seller.patch(ME, {"name": "Ada"})):
        assert response.status_code == 404
        assert response.json()["code"] == "vendor-profile-missing"


def test_only_vendors_have_an_own_profile(api: APIClient, customer: User, login: Login) -> None:
    assert api.get(ME).status_code == 401
    assert login(customer).get(ME).status_code == 403
