"""Tracing, as an application of Django's: it begins when a process has its settings."""

import os

from django.apps import AppConfig


class TracingConfig(AppConfig):
    """Has no models; starts what sends traces, where there is somebody to send them to."""

    name = "apps.common.tracing"

    def ready(self) -> None:
        """Start, once in each process."""
        if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
            from apps.common.tracing import process  # noqa: PLC0415 - slow, and few need it

            process.start()
