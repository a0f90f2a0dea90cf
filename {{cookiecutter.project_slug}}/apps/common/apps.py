"""The foundation's Django application."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CommonConfig(AppConfig):
    """Knows no other app; finds the event handlers of all of them."""

    name = "apps.common"

    def ready(self) -> None:
        """Import every `handlers` module, so that their subscriptions exist."""
        autodiscover_modules("handlers")
