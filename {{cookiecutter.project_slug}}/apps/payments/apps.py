"""Application configuration."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Takes the money for an order through a payment gateway, once."""

    name = "apps.payments"

    def ready(self) -> None:
        """Register the system checks."""
        from apps.payments import checks  # noqa: F401, PLC0415 - the registration is the import
