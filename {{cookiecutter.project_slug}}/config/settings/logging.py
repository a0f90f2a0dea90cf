"""Structured logs on standard output: readable in development, JSON lines elsewhere."""

import sys
from typing import Any

import structlog
from django.utils.module_loading import import_string
from structlog.typing import Processor

from apps.common import logs
from config.environment import environment

to_console = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
to_json = structlog.processors.JSONRenderer(logs.dumps)


def logging_config(
    *processors: Processor | str, handler: str = "apps.common.log_handlers.LineHandler"
) -> dict[str, Any]:
    """Python's logging configuration, with every record rendered by structlog.

    Args:
        processors: What happens to a line once its secrets are masked, some by their dotted path;
            the last one renders it.
        handler: Dotted path of what makes a handler of a stream and processors.
    """
    given = [import_string(each) if isinstance(each, str) else each for each in processors]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {
            "console": {
                "()": handler,
                "stream": "ext://sys.stdout",
                "processors": [logs.mask_secrets, *given],
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
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
