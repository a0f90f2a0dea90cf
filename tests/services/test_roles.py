"""Who may do what with the database, by which way, and for how long."""

from collections.abc import Iterator

import pytest

from tests.deployment import PASSWORDS, Deployment


@pytest.fixture(scope="module", params=["default", "without pgbouncer"])
def deployment(request: pytest.FixtureRequest) -> Iterator[Deployment]:
    with Deployment(request.param) as deployment:
        yield deployment


def query(deployment: Deployment, statement: str) -> str:
    """Run a statement as web and worker processes would."""
    return deployment.postgres.psql(deployment.app, "--command", statement)


def test_the_migrator_has_made_every_table(deployment: Deployment) -> None:
    owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    assert query(deployment, owners) == f"{deployment.name}_migrator"


def test_the_application_reads_and_writes_rows(deployment: Deployment) -> None:
    insert = (
        "INSERT INTO products_category (public_id, created_at, updated_at, name, slug)"
        " VALUES (gen_random_uuid(), now(), now(), 'Hats', 'hats') RETURNING slug"
    )
    assert query(deployment, insert) == "hats"
    assert query(deployment, "UPDATE products_category SET name = 'Caps' RETURNING name") == "Caps"
    assert query(deployment, "DELETE FROM products_category RETURNING slug") == "hats"


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine ()",
        "CREATE TEMP TABLE mine ()",
        "CREATE SCHEMA mine",
        "ALTER TABLE products_category ADD COLUMN mine int",
        "TRUNCATE products_category CASCADE",
        "DROP TABLE products_category CASCADE",
    ],
)
def test_the_application_changes_no_table(deployment: Deployment, statement: str) -> None:
    with pytest.raises(RuntimeError, match=r"permission denied|must be owner"):
        query(deployment, statement)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("statement_timeout", "30s"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("TimeZone", "UTC"),
        ("ssl", "on"),
    ],
)
def test_what_the_roles_were_given_holds(deployment: Deployment, setting: str, value: str) -> None:
    assert query(deployment, f"SHOW {setting}") == value


def test_a_connection_in_clear_text_is_refused(deployment: Deployment) -> None:
    for server in {deployment.front, deployment.postgres}:
        url = server.url(f"{deployment.name}_app", PASSWORDS["APP_PASSWORD"], deployment.name)
        with pytest.raises(RuntimeError, match=r"SSL required|no encryption"):
            server.psql(url.replace("verify-full", "disable"), "--command", "SELECT 1")


def test_the_roles_can_be_set_up_again_with_new_passwords(deployment: Deployment) -> None:
    for script in sorted((deployment.folder / "infra").rglob("*.sql"), reverse=True):
        deployment.set_up(script)
    assert query(deployment, "SELECT 1") == "1"


def test_sessions_tell_which_program_they_belong_to(deployment: Deployment) -> None:
    ask = "SHOW application_name"
    script = (
        f"from django.db import connection; print(connection.cursor().execute('{ask}').fetchall())"
    )
    assert deployment.manage("shell", "--no-imports", "-c", script) == "[('manage.py shell',)]\n"


def test_the_deployment_check_is_clean(deployment: Deployment) -> None:
    deployment.manage("check", "--deploy", "--fail-level", "WARNING", "--database", "default")


def test_nothing_is_left_to_migrate(deployment: Deployment) -> None:
    deployment.manage("migrate", "--check", DATABASE_URL=deployment.migrator)


def test_the_migrator_cannot_come_through_the_pooler(pooled: Deployment) -> None:
    assert pooled.pgbouncer
    user, password = f"{pooled.name}_migrator", PASSWORDS["MIGRATOR_PASSWORD"]
    with pytest.raises(RuntimeError, match=r"authentication failed|no such user"):
        pooled.pgbouncer.psql(
            pooled.pgbouncer.url(user, password, pooled.name), "--command", "SELECT 1"
        )
