from uuid import uuid4

from django.test import Client

from apps.inventory.models import StockItem
from apps.inventory.services import reserve
from apps.inventory.tests.conftest import Stocked


def test_staff_see_the_stock_and_who_was_promised_what(
    admin_client: Client, stocked: Stocked
) -> None:
    product, reference = stocked(5), uuid4()
    reserve(reference=reference, lines={product.pk: 2})

    assert "Hat" in admin_client.get("/admin/inventory/stockitem/").text
    assert str(reference) in admin_client.get("/admin/inventory/reservation/").text


def test_staff_cannot_change_stock_past_the_services(
    admin_client: Client, stocked: Stocked
) -> None:
    stocked(5)
    stock = StockItem.objects.get()

    response = admin_client.post(f"/admin/inventory/stockitem/{stock.pk}/change/", {"on_hand": 1})

    assert response.status_code == 403
