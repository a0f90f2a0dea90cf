"""Background tasks: three queues in the database, or in Redis if there is one."""

from apps.common.queues import Queue
from config.environment import environment

env = environment()

# Seconds without a heartbeat after which a running task counts as abandoned by its worker.
TASK_CLAIM_TIMEOUT = env.app_task_claim_timeout
# Where failures are posted to, as JSON; nowhere when empty.
TASK_FAILURE_WEBHOOK = str(env.app_task_failure_webhook or "")

TASKS = {
    "default": {
        "BACKEND": (
            "apps.common.task_backends.redis.RedisBackend"
            if env.redis_url
            else "apps.common.task_backends.database.DatabaseBackend"
        ),
        "QUEUES": list(Queue),
        "OPTIONS": {"CLAIM_TIMEOUT": TASK_CLAIM_TIMEOUT},
    },
}
