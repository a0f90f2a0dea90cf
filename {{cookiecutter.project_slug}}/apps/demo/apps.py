"""The demo shop's Django application."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Fills an empty database with a shop to look around in."""

    name = "apps.demo"
