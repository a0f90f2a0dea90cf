"""Background tasks: three queues in the database, run by `manage.py worker`."""

from apps.common.queues import Queue
from config.environment import environment

# Seconds without a heartbeat after which a running task counts as abandoned by its worker.
TASK_CLAIM_TIMEOUT = environment().app_task_claim_timeout

TASKS = {
    "default": {
        "BACKEND": "apps.common.task_backend.RetryingDatabaseTaskBackend",
        "QUEUES": list(Queue),
        "OPTIONS": {"CLAIM_TIMEOUT": TASK_CLAIM_TIMEOUT},
    },
}
