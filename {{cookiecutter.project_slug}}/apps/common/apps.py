"""The foundation's Django application."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CommonConfig(AppConfig):
    """Knows no other app; finds the event handlers of all of them."""

    name = "apps.common"

    def ready(self) -> None:
        """Register the system checks, and the subscriptions of every `handlers` module."""
        from apps.common import checks  # noqa: F401, PLC0415 - the registration is the import

        autodiscover_modules("handlers")
