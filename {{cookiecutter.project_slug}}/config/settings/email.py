"""Outgoing e-mail: the console unless `EMAIL_URL` names a server."""

from urllib.parse import unquote, urlsplit

from config.environment import environment

env = environment()
_server = urlsplit(env.email_url)

DEFAULT_FROM_EMAIL = env.app_default_from_email
EMAIL_BACKEND = "django.core.mail.backends.{}.EmailBackend".format(
    "console" if _server.scheme == "console" else "smtp"
)
EMAIL_HOST = _server.hostname or "localhost"
EMAIL_PORT = _server.port or 25
EMAIL_HOST_USER = unquote(_server.username or "")
EMAIL_HOST_PASSWORD = unquote(_server.password or "")
EMAIL_USE_SSL = _server.scheme == "smtps"
EMAIL_USE_TLS = _server.scheme == "smtp" and bool(_server.username)
EMAIL_TIMEOUT = 10
