"""Django's entry to the application."""

from importlib import import_module

from django.apps import AppConfig


class AuthenticationConfig(AppConfig):
    """Accounts and tokens."""

    name = "apps.authentication"

    def ready(self) -> None:
        """Tell the OpenAPI generator how requests authenticate."""
        import_module("apps.authentication.apis.schema")
