"""The HTTP API: Django REST framework, its OpenAPI document, rate limits, CORS."""

from config.environment import environment

env = environment()

# Each has its addresses below /api/ and its documents below those.
API_VERSIONS = [
    "v1",
    # % if cookiecutter.use_ninja
    "v2",
    # % endif
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.authentication.apis.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["apps.common.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["apps.common.fastpath.renderers.FastJSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "apps.common.pagination.CursorPagination",
    "DEFAULT_SCHEMA_CLASS": "apps.common.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["apps.common.throttling.DefaultLimit"],
    "EXCEPTION_HANDLER": "apps.common.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    # Always to the microsecond, as documents that the database builds have it.
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "{{ cookiecutter.project_name }}",
    "DESCRIPTION": "{{ cookiecutter.description }}",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums"],
}

# In memory, every process counts for itself.
RATE_LIMIT_COUNTERS = (
    "apps.common.redis.counters.RedisCounters"
    if env.redis_url
    else "apps.common.throttling.MemoryCounters"
)
RATE_LIMITS = {
    "anonymous": env.app_rate_anonymous,
    "user": env.app_rate_user,
    "login": env.app_rate_login,
    "verification": env.app_rate_verification,
    "webhook": env.app_rate_webhook,
}

CORS_ALLOWED_ORIGINS = env.app_cors_allowed_origins
CORS_EXPOSE_HEADERS = [
    "Idempotency-Replayed",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
]
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key", "x-request-id"]
