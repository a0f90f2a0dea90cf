"""Payment gateways: one port, one adapter for each gateway, chosen by `PAYMENT_GATEWAY`."""

from django.conf import settings
from django.utils.module_loading import import_string

from apps.common.errors import NotFound
from apps.payments.gateways.base import PaymentGateway


def gateway() -> PaymentGateway:
    """The gateway that new payments go through."""
    adapter: type[PaymentGateway] = import_string(settings.PAYMENT_GATEWAY)
    return adapter()


def gateway_named(name: str) -> PaymentGateway:
    """The gateway of an existing payment or a webhook address.

    A key that one gateway has seen means nothing to another, so a payment is never handed over.

    Raises:
        NotFound: If that is not the gateway in use.
    """
    current = gateway()
    if current.name != name:
        raise NotFound("There is no such payment gateway.")
    return current
