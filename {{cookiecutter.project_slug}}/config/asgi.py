"""The ASGI application that Uvicorn serves.

From the outside in: Prometheus (`apps/common/metrics`) and probes are answered at once, a request
gets a thread for its synchronous part, and goes through the stack of middleware that it needs
(`apps/common/fastpath`).
"""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
django.setup(set_prefix=False)

# Models load only after Django is set up.
from django.core.handlers.asgi import ASGIHandler  # noqa: E402

from apps.common.fastpath.probes import HealthProbes  # noqa: E402
from apps.common.fastpath.stacks import ApiHandler, Stacks  # noqa: E402
from apps.common.fastpath.threads import RequestThreads  # noqa: E402
from apps.common.metrics.exposition import MetricsEndpoint  # noqa: E402

django_application = RequestThreads(Stacks(api=ApiHandler(), pages=ASGIHandler()))
application = MetricsEndpoint(HealthProbes(django_application))

# What is there by now stays for good: the garbage collector need not look through it at requests.
gc.collect()
gc.freeze()
