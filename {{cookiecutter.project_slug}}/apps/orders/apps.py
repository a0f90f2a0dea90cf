"""The orders domain's Django application."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Orders and their way from placed to paid or given up."""

    name = "apps.orders"
