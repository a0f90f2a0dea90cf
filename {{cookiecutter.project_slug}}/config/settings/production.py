"""Production: everything from the environment, HTTPS only, JSON logs."""

import logging

from config.settings.api import *
from config.settings.base import *
from config.settings.cache import *
from config.settings.database import *
from config.settings.email import *
from config.settings.logging import logging_config, to_json
from config.settings.security import *
from config.settings.storage import *
from config.settings.tasks import *

# % if cookiecutter.use_otel
INSTALLED_APPS += ["apps.common.tracing"]

# % endif
DEBUG = False
LOGGING = logging_config(
    # % if cookiecutter.use_otel
    "apps.common.tracing.logs.add_trace",
    # % endif
    # % if cookiecutter.use_elk
    "apps.common.elk.ecs.to_ecs",
    # % endif
    to_json,
    # % if cookiecutter.use_elk
    handler="config.shipping.handler",
    # % endif
)
# No line shows the place in the code, the process or the thread it comes from; it takes longer to
# find them out than to write it: https://docs.python.org/3/howto/logging.html#optimization
logging._srcfile = None  # noqa: SLF001 - as documented there
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging.logAsyncioTasks = False  # type: ignore[attr-defined] # typeshed lacks it

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
# The orchestrator probes over plain HTTP, and the answer reveals nothing.
SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|startupz)$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [APP_BASE_URL]
