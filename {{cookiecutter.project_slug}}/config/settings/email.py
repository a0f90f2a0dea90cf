"""Outgoing e-mail: the console unless `EMAIL_URL` names a server."""

from urllib.parse import unquote, urlsplit

from config.environment import environment

env = environment()
server = urlsplit(env.email_url)

DEFAULT_FROM_EMAIL = env.app_default_from_email

# % if cookiecutter.django_version == "6.0"
EMAIL_BACKEND = "django.core.mail.backends.{}.EmailBackend".format(
    "console" if server.scheme == "console" else "smtp"
)
EMAIL_HOST = server.hostname or "localhost"
EMAIL_PORT = server.port or 25
EMAIL_HOST_USER = unquote(server.username or "")
EMAIL_HOST_PASSWORD = unquote(server.password or "")
EMAIL_USE_SSL = server.scheme == "smtps"
EMAIL_USE_TLS = server.scheme == "smtp" and server.username is not None
EMAIL_TIMEOUT = 10  # seconds
# % endif
# % if cookiecutter.django_version == "6.1"
MAILERS = {
    "default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if server.scheme == "console"
    else {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": server.hostname,
            "port": server.port or 25,
            "username": unquote(server.username or ""),
            "password": unquote(server.password or ""),
            "use_ssl": server.scheme == "smtps",
            "use_tls": server.scheme == "smtp" and server.username is not None,
            "timeout": 10,  # seconds
        },
    }
}
# % endif
