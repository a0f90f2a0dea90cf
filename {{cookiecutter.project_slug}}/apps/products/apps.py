"""How Django finds this application."""

from django.apps import AppConfig


class ProductsConfig(AppConfig):
    """The application `products`."""

    name = "apps.products"
