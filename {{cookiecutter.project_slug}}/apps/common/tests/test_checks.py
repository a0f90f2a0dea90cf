import pytest
from django.conf import settings
from django.core.checks import run_checks


def complaints() -> list[str | None]:
    """What `manage.py check --deploy` says of connections."""
    messages = run_checks(include_deployment_checks=True)
    return [message.id for message in messages if str(message.id).startswith("common.")]


@pytest.mark.parametrize(
    ("host", "options", "found"),
    [
        ("db.example.com", {}, ["common.W001"]),
        ("db.example.com", {"sslmode": "prefer"}, ["common.W001"]),
        ("db.example.com", {"sslmode": "require"}, []),
        ("db.example.com", {"sslmode": "verify-full"}, []),
        ("127.0.0.1", {}, []),
        ("/run/postgresql", {}, []),
    ],
)
def test_a_database_elsewhere_is_talked_to_in_secret(
    host: str, options: dict[str, str], found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = {"ENGINE": "django.db.backends.postgresql", "HOST": host, "OPTIONS": options}
    monkeypatch.setattr(settings, "REDIS_URL", "")
    monkeypatch.setattr(settings, "DATABASES", {"default": database})

    assert complaints() == found


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("", []),
        ("redis://localhost:6379/0", []),
        ("redis://shop:secret@redis.example.com", ["common.W002"]),
        ("redis+sentinel://shop:secret@localhost,redis.example.com/shop", ["common.W002"]),
        ("rediss://shop:secret@redis.example.com", []),
    ],
)
def test_a_redis_elsewhere_is_talked_to_in_secret(
    url: str, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", url)
    monkeypatch.setattr(settings, "DATABASES", {})

    assert complaints() == found
