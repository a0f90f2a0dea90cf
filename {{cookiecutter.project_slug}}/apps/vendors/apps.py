"""How Django finds this application."""

from django.apps import AppConfig


class VendorsConfig(AppConfig):
    """The application `vendors`."""

    name = "apps.vendors"
