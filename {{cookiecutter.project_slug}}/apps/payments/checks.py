"""System checks: the gateway is found out before the first customer pays."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, register

from apps.payments.gateways import gateway

FAKE = "apps.payments.gateways.fake."


@register
def gateway_is_usable(**_options: Any) -> list[CheckMessage]:
    """`PAYMENT_GATEWAY` names an adapter."""
    try:
        gateway()
    except (ImportError, TypeError) as error:
        return [
            Error(
                f"PAYMENT_GATEWAY {settings.PAYMENT_GATEWAY!r} is not a gateway: {error}",
                id="payments.E001",
            )
        ]
    return []


@register(deploy=True)
def gateway_is_real(**_options: Any) -> list[CheckMessage]:
    """Whoever deploys the fake gateway is told that it collects nothing."""
    if settings.PAYMENT_GATEWAY.startswith(FAKE):
        return [Info("The fake payment gateway collects no money.", id="payments.I001")]
    return []
