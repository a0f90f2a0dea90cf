"""System checks of the gateway setting."""

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

pytestmark = pytest.mark.django_db


def findings(*, deploy: bool = False) -> list[str | None]:
    found = run_checks(include_deployment_checks=deploy)
    return [message.id for message in found if (message.id or "").startswith("payments.")]


def test_the_fake_gateway_is_a_gateway() -> None:
    assert findings() == []


@pytest.mark.parametrize(
    "path",
    ["apps.payments.gateways.nobody.Nobody", "apps.payments.tests.gateways.UnfinishedGateway"],
)
def test_a_gateway_that_cannot_work_is_found_before_the_first_payment(
    path: str, settings: Settings
) -> None:
    settings.PAYMENT_GATEWAY = path
    assert findings() == ["payments.E001"]


def test_deploying_the_fake_gateway_is_pointed_out() -> None:
    assert findings(deploy=True) == ["payments.I001"]


def test_deploying_another_gateway_is_fine(settings: Settings) -> None:
    settings.PAYMENT_GATEWAY = "apps.payments.tests.gateways.RivalGateway"
    assert findings(deploy=True) == []
