"""Many customers at once."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from apps.demo.services import seed
from apps.inventory.models import StockItem
from apps.orders.models import Order

pytestmark = pytest.mark.django_db(transaction=True)


def rush(*options: str) -> dict[str, object]:
    out = StringIO()
    call_command("rush", *options, stdout=out)
    outcome: dict[str, object] = json.loads(out.getvalue())
    return outcome


def test_every_customer_gets_what_was_ordered() -> None:
    seed()
    before = Order.objects.count()
    outcome = rush("--customers=4", "--orders=2")
    assert (outcome["orders"], outcome["errors"]) == (8, {})
    assert Order.objects.count() == before + 8


def test_what_went_wrong_is_counted() -> None:
    seed()
    StockItem.objects.update(on_hand=0, reserved=0)
    outcome = rush("--customers=3")
    assert outcome["orders"] == 0
    assert outcome["errors"] == {"Not enough stock": 3}
