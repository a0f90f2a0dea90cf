"""What production makes of the environment."""

from tests.entry_points import python
from tests.variables import COMPLETE


def test_production_passes_the_deployment_check_without_redis() -> None:
    """With Redis, `make check` goes through it."""
    check = ("manage.py", "check", "--deploy", "--fail-level=WARNING")
    status, output = python("production", *check, **COMPLETE)
    assert status == 0, output


def test_production_names_all_that_is_missing_or_malformed_at_once() -> None:
    given = {"APP_SECRET_KEY": "short", "APP_TRUSTED_PROXIES": "many", "EMAIL_URL": "pigeon://x"}
    status, output = python("production", "manage.py", "check", **given)
    assert status != 0
    for name in {*COMPLETE, *given}:
        assert f"  {name}: " in output
    assert output.count("ImproperlyConfigured: ") == 1
