"""What each entry point makes of the environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import BASE_DIR, Environment

COMPLETE = {
    "APP_SECRET_KEY": "signing-key-of-a-shop-that-exists-in-tests-alone-1",
    "APP_JWT_SIGNING_KEY": "signing-key-of-tokens-that-exist-in-tests-alone-01",
    "APP_ALLOWED_HOSTS": "shop.example.com",
    "APP_BASE_URL": "https://shop.example.com",
    "APP_PAYMENT_GATEWAY": "apps.payments.gateways.fake.FakeGateway",
    "APP_PAYMENT_WEBHOOK_SECRET": "signing-key-of-webhooks-in-tests-1",
    "APP_STORAGE_BUCKET": "shop-uploads",
    "DATABASE_URL": "postgresql://shop:secret@db.example.com/shop?sslmode=verify-full",
    "EMAIL_URL": "smtp://shop:secret@mail.example.com:587",
}


def start(entry_point: str, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run a management command with these variables and no others of ours."""
    names = ("PATH", "HOME", "LANG", "SYSTEMROOT", "PYTHONDONTWRITEBYTECODE")
    inherited = {name: os.environ[name] for name in names if name in os.environ}
    module = {"DJANGO_SETTINGS_MODULE": f"config.settings.{entry_point}"}
    finished = subprocess.run(  # noqa: S603 - this project's own program
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env=inherited | module | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout + finished.stderr


def test_development_starts_with_no_variable_at_all() -> None:
    assert start("development", "check") == (
        0,
        "System check identified no issues (0 silenced).\n",
    )


@pytest.mark.parametrize("redis_url", ["", "rediss://shop:secret@redis.example.com"])
def test_production_passes_the_deployment_check(redis_url: str) -> None:
    given = COMPLETE | {"REDIS_URL": redis_url}
    status, output = start("production", "check", "--deploy", "--fail-level=WARNING", **given)
    assert status == 0, output


def test_production_names_all_that_is_missing_or_malformed_at_once() -> None:
    given = {"APP_SECRET_KEY": "short", "APP_TRUSTED_PROXIES": "many", "EMAIL_URL": "pigeon://x"}
    status, output = start("production", "check", **given)
    assert status != 0
    for name in {*COMPLETE, *given}:
        assert f"  {name}: " in output
    assert output.count("ImproperlyConfigured: ") == 1


def test_a_malformed_secret_is_not_shown() -> None:
    _, output = start("production", "check", **COMPLETE | {"APP_SECRET_KEY": "tooshort"})
    assert "APP_SECRET_KEY" in output
    assert "tooshort" not in output


def test_what_a_former_key_has_signed_is_still_good() -> None:
    former = "signing-key-of-a-shop-that-was-replaced-in-tests-1"
    check = f"from django.core.signing import *; Signer().unsign(Signer(key={former!r}).sign('x'))"
    shell = ("shell", "--no-imports", "--command", check)
    status, _ = start("development", *shell, APP_SECRET_KEY_FALLBACKS=f"{former}, another")
    assert status == 0
    status, output = start("development", *shell)
    assert status != 0
    assert "BadSignature" in output


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all that production requires, as files, and no variable of ours."""
    for name in Environment.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in COMPLETE.items():
        (tmp_path / name.lower()).write_text(f"{value}\n", encoding="utf-8")
    return tmp_path


def test_variables_may_be_files(secrets: Path) -> None:
    loaded = Environment.load(secrets_dir=secrets, required=Environment.production_requires)
    assert loaded.app_secret_key.get_secret_value() == COMPLETE["APP_SECRET_KEY"]
    assert loaded.database_url == COMPLETE["DATABASE_URL"]
    assert loaded.app_allowed_hosts == ["shop.example.com"]


def test_a_variable_wins_over_its_file(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_URL", "console:")
    assert Environment.load(secrets_dir=secrets).email_url == "console:"


def test_what_is_neither_variable_nor_file_is_named_with_what_is_malformed(secrets: Path) -> None:
    (secrets / "app_secret_key").write_text("short", encoding="utf-8")
    (secrets / "database_url").unlink()
    with pytest.raises(ImproperlyConfigured) as raised:
        Environment.load(secrets_dir=secrets, required=Environment.production_requires)
    lines = str(raised.value).splitlines()
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["APP_SECRET_KEY", "DATABASE_URL"]


def test_a_folder_of_secrets_need_not_exist(tmp_path: Path) -> None:
    assert Environment.load(secrets_dir=tmp_path / "none").app_currency == "USD"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://shop:secret@db/shop", "begin with sqlite:/// or postgresql://"),
        ("postgresql://shop:secret@db", "name a database after the host"),
        (
            "postgresql://shop:secret@db/shop?sslmod=require",
            "PostgreSQL's client library cannot read this address",
        ),
        (
            "postgresql://shop:%secret@db/shop",
            "PostgreSQL's client library cannot read this address",
        ),
    ],
)
def test_a_malformed_database_address_is_explained(url: str, problem: str) -> None:
    status, output = start("development", "check", DATABASE_URL=url)
    assert status != 0
    assert f"  DATABASE_URL: {problem}" in output
    assert "secret" not in output


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://shop:secret@redis", "http://…@redis is none of the forms redis://host:6379/0, "),
        ("redis:/shop:secret@redis", "redis://…@redis is none of the forms"),
        ("redis://shop:secret@one,two", "redis://…@one,two is none of the forms"),
        ("redis://shop:secret@redis/shop", "redis://…@redis/shop is none of the forms"),
        ("redis+sentinel://shop:secret@redis", "redis+sentinel://…@redis is none of the forms"),
        ("redis://shop:secret@redis:port", "redis://…@redis:port: give each port as a number"),
        ("redis://shop:secret@redis?ssl=no", "redis://…@redis?ssl=no: its query may hold"),
    ],
)
def test_a_malformed_redis_address_is_explained(url: str, problem: str) -> None:
    status, output = start("development", "check", REDIS_URL=url)
    assert status != 0
    assert f"  REDIS_URL: {problem}" in output
    assert "secret" not in output


def test_a_redis_connection_in_clear_text_does_not_pass_the_deployment_check() -> None:
    unsafe = COMPLETE | {"REDIS_URL": "redis://shop:secret@redis.example.com"}
    status, output = start("production", "check", "--deploy", "--fail-level=WARNING", **unsafe)
    assert status != 0
    assert "(common.W002)" in output


def test_a_database_connection_in_clear_text_does_not_pass_the_deployment_check() -> None:
    unsafe = COMPLETE | {"DATABASE_URL": "postgresql://shop:secret@db.example.com/shop"}
    status, output = start("production", "check", "--deploy", "--fail-level=WARNING", **unsafe)
    assert status != 0
    assert "(common.W001)" in output
