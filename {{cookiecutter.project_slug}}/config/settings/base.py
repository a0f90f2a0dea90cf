"""What every entry point shares: applications, middleware, templates, time, static files."""

import django_stubs_ext

from config.environment import environment

# Lets annotations say ModelAdmin[Order] and QuerySet[Order] at run time.
django_stubs_ext.monkeypatch()

env = environment()

SITE_NAME = "{{ cookiecutter.project_name }}"
# What this service is called among others.
SERVICE_NAME = "{{ cookiecutter.project_slug }}"
DRAIN_SECONDS = env.app_drain_seconds
APP_BASE_URL = str(env.app_base_url).rstrip("/")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "django_database_task",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    # % if cookiecutter.use_ninja
    "ninja",
    # % endif
    "rest_framework",
    "servestatic",
    "apps.common",
    "apps.authentication",
    "apps.vendors",
    "apps.products",
    "apps.inventory",
    "apps.orders",
    "apps.payments",
    "apps.notifications",
    "apps.analytics",
    "apps.tasks",
]

# Every entry is async-capable: a sync-only one would hold a thread until the answer comes.
MIDDLEWARE = [
    "apps.common.middleware.request_context",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
]

# What requests to /api/ pass through instead: no session, no form, no page.
API_MIDDLEWARE = [
    "apps.common.middleware.request_context",
    "apps.common.fastpath.middleware.ApiSecurityMiddleware",
    "apps.common.fastpath.middleware.ApiCorsMiddleware",
]

ROOT_URLCONF = "config.urls"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.csp",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# What the events and tasks that come of a request know of it.
CONTEXT_FIELDS = ["request_id", "user_id", "client_ip", "event_id"]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

DEFAULT_CURRENCY = env.app_currency
