"""The ASGI application that Uvicorn serves."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
django_application = get_asgi_application()

from apps.common.probes import HealthProbes  # noqa: E402 - models load only after Django is set up

application = HealthProbes(django_application)
