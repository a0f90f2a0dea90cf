"""Keys, passwords, tokens, cookies and the content security policy."""

from datetime import timedelta

from django.utils.csp import CSP

from config.environment import environment

env = environment()

SECRET_KEY = env.app_secret_key.get_secret_value()
SECRET_KEY_FALLBACKS = [key.get_secret_value() for key in env.app_secret_key_fallbacks]
ALLOWED_HOSTS = env.app_allowed_hosts
TRUSTED_PROXIES = env.app_trusted_proxies

AUTH_USER_MODEL = "authentication.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "full_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

JWT_SIGNING_KEY = env.app_jwt_signing_key.get_secret_value()
JWT_ISSUER = "{{ cookiecutter.domain_name }}"
JWT_ACCESS_LIFETIME = timedelta(minutes=15)
JWT_REFRESH_LIFETIME = timedelta(days=7)

PAYMENT_GATEWAY = env.app_payment_gateway
PAYMENT_WEBHOOK_SECRET = env.app_payment_webhook_secret.get_secret_value()
FAKE_GATEWAY_LATENCY = env.app_fake_gateway_latency

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# https://docs.djangoproject.com/en/6.0/ref/csp/
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
