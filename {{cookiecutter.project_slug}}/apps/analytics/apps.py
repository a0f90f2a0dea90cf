"""Django's entry to the application."""

from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    """Figures about the shop; it has no tables of its own."""

    name = "apps.analytics"
