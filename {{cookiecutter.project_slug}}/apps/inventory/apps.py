"""How Django finds this application."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """The application `inventory`."""

    name = "apps.inventory"
