"""Django's entry to the application."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """What people are told by e-mail."""

    name = "apps.notifications"
