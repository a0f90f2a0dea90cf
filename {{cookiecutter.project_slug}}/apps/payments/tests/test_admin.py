"""The admin shows payments and changes none."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.authentication.models import User
from apps.payments.models import FakeCharge, Payment, WebhookEvent
from apps.payments.services import charge_payment
from apps.payments.tests.conftest import Pay


@pytest.fixture
def root(client: Client, db: None) -> Client:
    """An administrator's browser."""
    client.force_login(User.objects.create_superuser("root@example.com", full_name="Root"))
    return client


@pytest.mark.parametrize("model", ["payment", "fakecharge", "webhookevent"])
def test_everything_can_be_listed(model: str, root: Client, pay: Pay) -> None:
    charge_payment(payment_id=pay("fake_success").public_id)
    WebhookEvent.objects.create(gateway="fake", event_id="evt_1")
    assert root.get(reverse(f"admin:payments_{model}_changelist")).status_code == 200


@pytest.mark.parametrize("model", [Payment, FakeCharge, WebhookEvent])
def test_nothing_can_be_added_by_hand(model: type, root: Client) -> None:
    assert root.get(reverse(f"admin:payments_{model.__name__.lower()}_add")).status_code == 403


def test_a_payment_can_be_looked_at_but_not_changed(root: Client, pay: Pay) -> None:
    url = reverse("admin:payments_payment_change", args=[pay("fake_success").pk])
    assert root.get(url).status_code == 200
    assert root.post(url, {"status": "succeeded"}).status_code == 403
