"""The demo shop."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from apps.authentication.models import User
from apps.common.models import OutboxEvent
from apps.demo import shop
from apps.inventory.models import StockItem
from apps.orders.models import Order
from apps.payments.models import Payment
from apps.products.models import Category, Product
from apps.vendors.models import Vendor

pytestmark = pytest.mark.django_db

TABLES = (User, Vendor, Category, Product, StockItem, Order, Payment, OutboxEvent)


def seed(scale: int = 1) -> str:
    output = StringIO()
    call_command("seed", scale=scale, stdout=output)
    return output.getvalue()


def test_a_second_run_adds_nothing() -> None:
    seed()
    before = [table.objects.count() for table in TABLES]
    seed()
    assert [table.objects.count() for table in TABLES] == before


def test_a_larger_scale_completes_a_smaller_one() -> None:
    seed()
    seed(scale=2)
    assert Product.objects.count() == 2 * shop.PRODUCTS_PER_SCALE
    assert Order.objects.count() == 2 * shop.ORDERS_PER_SCALE


def test_its_orders_have_met_every_fate_of_a_payment() -> None:
    seed()
    assert set(Order.objects.values_list("status", flat=True)) == {"paid", "payment_failed"}


def test_whoever_it_names_can_sign_in(client: Client) -> None:
    output = seed()
    assert shop.PASSWORD in output
    for email in (shop.ADMIN, shop.CUSTOMER, *map(shop.vendor_email, shop.VENDORS)):
        assert email in output
        credentials = {"email": email, "password": shop.PASSWORD}
        response = client.post("/api/v1/auth/login/", credentials, "application/json")
        assert response.status_code == 200
