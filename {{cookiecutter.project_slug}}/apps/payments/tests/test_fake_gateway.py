"""The fake bank keeps the promises of the port."""

from decimal import Decimal
from uuid import uuid4

import pytest
from pytest_django import Settings

from apps.common.errors import InvalidInput
from apps.common.models import OutboxEvent
from apps.common.money import Money
from apps.payments.errors import InvalidSignature
from apps.payments.gateways.base import ChargeRequest, GatewayTimeout, Outcome
from apps.payments.gateways.fake import FakeGateway
from apps.payments.gateways.fake.callback import Callback
from apps.payments.gateways.signatures import HEADER, sign
from apps.payments.models import FakeCharge

pytestmark = pytest.mark.django_db


def a_request(method: str) -> ChargeRequest:
    return ChargeRequest(payment_id=uuid4(), money=Money(Decimal("9.99"), "USD"), method=method)


@pytest.mark.parametrize(
    ("method", "outcome"),
    [
        ("fake_success", Outcome.SUCCEEDED),
        ("fake_slow", Outcome.SUCCEEDED),
        ("fake_decline", Outcome.DECLINED),
        ("a stolen card", Outcome.DECLINED),
        ("fake_webhook_success", Outcome.PENDING),
        ("fake_webhook_decline", Outcome.PENDING),
    ],
)
def test_the_method_decides_the_answer(method: str, outcome: Outcome, settings: Settings) -> None:
    settings.FAKE_GATEWAY_LATENCY = 0
    assert FakeGateway().charge(a_request(method)).outcome == outcome


def test_a_decline_comes_with_a_reason_for_the_customer() -> None:
    assert FakeGateway().charge(a_request("fake_decline")).reason == "The card was declined."


def test_the_same_payment_is_charged_once_and_answered_alike() -> None:
    request = a_request("fake_success")
    assert FakeGateway().charge(request) == FakeGateway().charge(request)
    assert FakeCharge.objects.get().money == request.money


def test_a_gateway_that_does_not_answer_charges_nothing() -> None:
    with pytest.raises(GatewayTimeout):
        FakeGateway().charge(a_request("fake_timeout"))
    assert not FakeCharge.objects.exists()


@pytest.mark.parametrize(
    ("method", "outcome"),
    [
        ("fake_webhook_success", Outcome.SUCCEEDED),
        ("fake_webhook_decline", Outcome.DECLINED),
    ],
)
def test_a_pending_charge_asked_about_again_tells_the_decision(
    method: str, outcome: Outcome
) -> None:
    request = a_request(method)
    FakeGateway().charge(request)
    assert FakeGateway().charge(request).outcome == outcome


def test_a_charge_is_called_back_once_however_often_it_is_asked_for() -> None:
    request = a_request("fake_webhook_success")
    FakeGateway().charge(request)
    FakeGateway().charge(request)
    assert OutboxEvent.objects.filter(name="FakeChargeDeferred").count() == 1


def test_a_callback_reads_as_the_charge_it_reports(settings: Settings) -> None:
    request = a_request("fake_webhook_decline")
    FakeGateway().charge(request)
    charge = FakeCharge.objects.get()
    body = Callback.of(charge).model_dump_json().encode()
    event = FakeGateway().parse_webhook(
        {HEADER: sign(body, key=settings.PAYMENT_WEBHOOK_SECRET)}, body
    )
    assert (event.payment_id, event.money) == (request.payment_id, request.money)
    assert event.result == charge.result


def test_a_request_without_signature_is_refused() -> None:
    with pytest.raises(InvalidSignature):
        FakeGateway().parse_webhook({}, b"{}")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"amount": "NaN"}', b"\xff"])
def test_a_signed_body_that_says_something_else_is_malformed(
    body: bytes, settings: Settings
) -> None:
    headers = {HEADER: sign(body, key=settings.PAYMENT_WEBHOOK_SECRET)}
    with pytest.raises(InvalidInput) as refusal:
        FakeGateway().parse_webhook(headers, body)
    assert refusal.value.code == "invalid-input"
