"""What development makes of the environment."""

from tests.entry_points import python


def test_development_starts_with_no_variable_at_all() -> None:
    status, output = python("development", "manage.py", "check")
    assert (status, output) == (0, "System check identified no issues (0 silenced).\n")


def test_what_a_former_key_has_signed_is_still_good() -> None:
    former = "signing-key-of-a-shop-that-was-replaced-in-tests-1"
    check = f"from django.core.signing import *; Signer().unsign(Signer(key={former!r}).sign('x'))"
    status, _ = python("development", "-c", check, APP_SECRET_KEY_FALLBACKS=f"{former}, another")
    assert status == 0
    status, output = python("development", "-c", check)
    assert status != 0
    assert "BadSignature" in output
