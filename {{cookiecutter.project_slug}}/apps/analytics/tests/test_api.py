import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.authentication.models import User
from apps.products.models import Product
from apps.vendors.models import Vendor
from conftest import Login

DASHBOARD = "/vendors/me/dashboard/"

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("a_week")
def test_a_vendor_sees_the_figures(vendor: Vendor, login: Login) -> None:
    response = login(vendor.user).get(DASHBOARD)

    assert response.status_code == 200
    assert response.json() == {
        "vendor": {
            "id": str(vendor.public_id),
            "name": "Ada Atelier",
            "slug": "ada-atelier",
            "description": "",
            "created_at": vendor.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        },
        "statistics": {
            "orders_paid": 2,
            "units_sold": 5,
            "revenue": [
                {"amount": "28.50", "currency": "EUR"},
                {"amount": "40.00", "currency": "USD"},
            ],
            "products_on_sale": 2,
            "products_sold_out": 0,
        },
        "top_products": [
            {
                "product_id": str(Product.objects.get(name="Scarf").public_id),
                "name": "Scarf",
                "units_sold": 3,
                "revenue": {"amount": "28.50", "currency": "EUR"},
            },
            {
                "product_id": str(Product.objects.get(name="Shirt").public_id),
                "name": "Shirt",
                "units_sold": 2,
                "revenue": {"amount": "40.00", "currency": "USD"},
            },
        ],
    }


def test_only_vendors_have_figures(api: APIClient, customer: User, login: Login) -> None:
    assert api.get(DASHBOARD).status_code == 401
    assert login(customer).get(DASHBOARD).status_code == 403


def test_who_has_no_profile_has_no_figures(vendor_user: User, login: Login) -> None:
    response = login(vendor_user).get(DASHBOARD)
    assert (response.status_code, response.json()["code"]) == (404, "vendor-profile-missing")


@pytest.mark.usefixtures("a_week")
def test_the_figures_take_five_queries(
    vendor: Vendor, login: Login, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = login(vendor.user)
    with django_assert_num_queries(5):  # The caller, the profile and three for the figures.
        client.get(DASHBOARD)
