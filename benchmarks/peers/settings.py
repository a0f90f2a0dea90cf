"""Settings as `startproject` leaves them, with the project's applications.

`PEERS_POOL` gives Django as many pooled connections as the project has; without it every request
connects anew, which is the default.
"""

import os

from config.settings.production import *  # noqa: F403

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "benchmarks.peers.stock"
LOGGING = {}
REST_FRAMEWORK = {}

DATABASES["default"]["CONN_HEALTH_CHECKS"] = False  # noqa: F405
if "PEERS_POOL" not in os.environ:
    del DATABASES["default"]["OPTIONS"]["pool"]  # noqa: F405
