"""Where variables come from, and what is said about those that are wrong."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment
from tests.variables import COMPLETE


def complaint(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    """What somebody reads who sets these variables."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as raised:
        Environment.load()
    return str(raised.value)


def test_a_malformed_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    message = complaint(monkeypatch, APP_SECRET_KEY="tooshort")
    assert "APP_SECRET_KEY" in message
    assert "tooshort" not in message


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
def test_a_malformed_database_address_is_explained(
    url: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = complaint(monkeypatch, DATABASE_URL=url)
    assert f"  DATABASE_URL: {problem}" in message
    assert "secret" not in message


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
def test_a_malformed_redis_address_is_explained(
    url: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = complaint(monkeypatch, REDIS_URL=url)
    assert f"  REDIS_URL: {problem}" in message
    assert "secret" not in message


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
