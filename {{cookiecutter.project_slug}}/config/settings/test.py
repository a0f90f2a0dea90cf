"""Tests: fast hashing, generous rate limits, nothing read from `.env`."""

import os

from django.utils.text import slugify

from config.settings.api import *
from config.settings.base import *
from config.settings.cache import *
from config.settings.database import *
from config.settings.email import *
from config.settings.logging import logging_config, to_json
from config.settings.security import *
from config.settings.storage import *
from config.settings.tasks import *

INSTALLED_APPS += ["apps.demo"]

DEBUG = False
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # What has no order comes last first, for nobody to rely on what PostgreSQL does not promise.
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA reverse_unordered_selects=ON;"
# % if cookiecutter.use_ninja
# Other connections do not see what a test's transaction has written.
READS_ON_EVENT_LOOP = False
# % endif
LOGGING = logging_config(to_json)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Processes that run tests at the same time do not see each other's keys.
REDIS_PREFIX = f"{slugify(REDIS_PREFIX)}:test-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
if CACHE_IS_SHARED:
    CACHES = redis_caches(REDIS_PREFIX)
SERVESTATIC_USE_FINDERS = True
RATE_LIMITS = dict.fromkeys(RATE_LIMITS, "1000000/second")
STORAGES["default"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
