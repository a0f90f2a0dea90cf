"""Development: debug pages, readable logs, files served from where they are written."""

from config.settings.api import *
from config.settings.base import *
from config.settings.cache import *
from config.settings.database import *
from config.settings.email import *
from config.settings.logging import logging_config, to_console
from config.settings.security import *
from config.settings.storage import *
from config.settings.tasks import *

INSTALLED_APPS += [
    "apps.demo",
    # % if cookiecutter.use_otel
    "apps.common.tracing",
    # % endif
]

DEBUG = True
DRAIN_SECONDS = 0
LOGGING = logging_config(
    # % if cookiecutter.use_otel
    "apps.common.tracing.logs.add_trace",
    # % endif
    to_console,
)
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
