"""What each entry point makes of the environment."""

import os
import subprocess
import sys

import pytest

from config.environment import BASE_DIR
from tests.variables import COMPLETE


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


def test_connections_in_clear_text_do_not_pass_the_deployment_check() -> None:
    unsafe = COMPLETE | {
        "DATABASE_URL": "postgresql://shop:secret@db.example.com/shop",
        "REDIS_URL": "redis://shop:secret@redis.example.com",
    }
    status, output = start("production", "check", "--deploy", "--fail-level=WARNING", **unsafe)
    assert status != 0
    assert "(common.W001)" in output
    assert "(common.W002)" in output


def test_what_a_former_key_has_signed_is_still_good() -> None:
    former = "signing-key-of-a-shop-that-was-replaced-in-tests-1"
    check = f"from django.core.signing import *; Signer().unsign(Signer(key={former!r}).sign('x'))"
    shell = ("shell", "--no-imports", "--command", check)
    status, _ = start("development", *shell, APP_SECRET_KEY_FALLBACKS=f"{former}, another")
    assert status == 0
    status, output = start("development", *shell)
    assert status != 0
    assert "BadSignature" in output
