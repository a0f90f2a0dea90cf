"""The cache: local memory, one per process, unless `REDIS_URL` names servers."""

from typing import Any

from config.environment import environment
from config.settings.base import SERVICE_NAME

REDIS_URL = environment().redis_url or ""
# Every key of this project begins with it.
REDIS_PREFIX = SERVICE_NAME


def redis_caches(prefix: str) -> dict[str, Any]:
    """Django's settings for caches in Redis, below a prefix of its keys."""
    backend = {"BACKEND": "apps.common.redis.cache.RedisCache"}
    return {
        "default": backend | {"KEY_PREFIX": f"{prefix}:cache"},
        # One that ended while Redis was away is forgotten soon (seconds).
        "sessions": backend | {"KEY_PREFIX": f"{prefix}:sessions", "OPTIONS": {"longest": 300}},
    }


CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Whether all processes see one cache, so that one can tell the others what has changed.
CACHE_IS_SHARED = bool(REDIS_URL)

if CACHE_IS_SHARED:
    CACHES = redis_caches(REDIS_PREFIX)
    # Also in the database, which has those that the cache loses.
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    SESSION_CACHE_ALIAS = "sessions"
