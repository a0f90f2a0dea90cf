"""Structured logs on standard output: readable in development, JSON lines elsewhere."""

import sys
from typing import Any

import structlog

from apps.common import logs
from config.environment import environment


def logging_config(renderer: structlog.typing.Processor) -> dict[str, Any]:
    """Python's logging configuration, with every record rendered by structlog."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [
                    *logs.PROCESSORS,
                    structlog.stdlib.ExtraAdder(),
                    logs.drop_colour,
                    logs.mask_secrets,
                ],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    renderer,
                ],
            },
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "structured",
            },
        },
        "root": {"handlers": ["console"], "level": environment().app_log_level},
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            # The request_context middleware writes one line per request, the task backend those of
            # a task.
            "django.request": {"level": "ERROR"},
            "django.tasks": {"level": "CRITICAL"},
            "django.server": {"handlers": [], "propagate": True},
            "httpx": {"level": "WARNING"},
            "uvicorn": {"handlers": [], "propagate": True},
            "uvicorn.access": {"handlers": [], "propagate": False},
        },
    }


structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *logs.PROCESSORS,
        logs.mask_secrets,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)

JSON = structlog.processors.JSONRenderer()
CONSOLE = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
