"""Django's entry to the application."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """What has become of background tasks; their tables are the backend's."""

    name = "apps.tasks"
