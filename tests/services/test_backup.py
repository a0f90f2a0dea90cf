"""Whether what is lost can be had back: the drill of a loaded shop, from each of its backups."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.backups import Backups, tables
from tests.deployment import PASSWORDS, Deployment, is_ready
from tests.servers import Postgres, wait_until
from tests.shop import Shop

# What migrations fill, and what an export leaves out.
OF_THIS_DATABASE = re.compile(
    r"django_(content_type|migrations|session)$|auth_permission|\w+task\w*$"
)
DESTRUCTION = "DROP TABLE payments_payment CASCADE; DELETE FROM orders_orderitem;"


@dataclass(frozen=True, kw_only=True)
class Drill:
    """A shop that was backed up at work, destroyed, and restored to just before.

    Attributes:
        backups: Of the shop; there is another one since.
        before: Its tables when it closed.
        after: Its tables when it was back.
        orders: How many there were at the first backup.
        while_running: How restoring went while the server was running.
        over_data: How it went without saying that the data may be replaced.
    """

    backups: Backups
    before: dict[str, str]
    after: dict[str, str]
    orders: int
    while_running: "subprocess.CompletedProcess[str]"
    over_data: "subprocess.CompletedProcess[str]"


@pytest.fixture(scope="module")
def drill() -> Iterator[Drill]:
    with Deployment("default") as deployment, Backups(deployment) as backups:
        shop = Shop(deployment, customers=4)
        postgres = deployment.postgres
        with shop.open():
            wait_until(shop.has_answered(20))
            orders = shop.figures()["orders"]
            succeed(backups.back_up())
            wait_until(shop.has_answered(20))
        before = tables(postgres, postgres.admin())
        moment = f"--target={shop.query('SELECT clock_timestamp()')}"
        postgres.psql(deployment.migrator, "--command", DESTRUCTION)
        while_running = backups.run("restore.sh", moment, "--overwrite")
        postgres.stop(signal.SIGINT)
        over_data = backups.run("restore.sh", moment)
        succeed(backups.run("restore.sh", moment, "--overwrite"))
        postgres.start()
        wait_until(lambda: has_recovered(postgres))
        after = tables(postgres, postgres.admin())
        wait_until(lambda: is_ready(shop.url))
        succeed(backups.back_up())
        yield Drill(
            backups=backups,
            before=before,
            after=after,
            orders=orders,
            while_running=while_running,
            over_data=over_data,
        )


@pytest.fixture
def empty(drill: Drill) -> Iterator[str]:
    """The address of a database that holds nothing yet, for the role that migrates."""
    postgres = drill.backups.postgres
    role = f"{drill.backups.deployment.name}_migrator"
    statement = f"CREATE DATABASE restored OWNER {role} TEMPLATE template0"
    postgres.psql(postgres.admin("postgres"), "--command", statement)
    yield postgres.url(role, PASSWORDS["MIGRATOR_PASSWORD"], "restored")
    statement = "DROP DATABASE restored WITH (FORCE)"
    postgres.psql(postgres.admin("postgres"), "--command", statement)


@pytest.fixture
def _damage(drill: Drill) -> Iterator[None]:
    """One byte of the newest backup on the machine's own disk is another one."""
    *_, newest = sorted(drill.backups.repository.glob("backup/main/*F"))
    file = max(newest.rglob("*.zst"), key=lambda path: path.stat().st_size)
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    yield
    file.write_bytes(content)


def succeed(done: "subprocess.CompletedProcess[str]") -> str:
    """Return what a script printed, or say why it failed."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def has_recovered(postgres: Postgres) -> bool:
    """Tell whether the server has replayed its log."""
    return postgres.psql(postgres.admin(), "--command", "SELECT pg_is_in_recovery()") == "f"


def test_the_moment_before_the_mistake_comes_back(drill: Drill) -> None:
    assert drill.after == drill.before
    assert int(drill.after["orders_order"].split("|")[0]) > drill.orders


def test_a_running_server_is_not_replaced(drill: Drill) -> None:
    assert drill.while_running.returncode
    assert "unable to restore while PostgreSQL is running" in drill.while_running.stderr


def test_data_are_replaced_only_when_that_is_asked_for(drill: Drill) -> None:
    assert drill.over_data.returncode
    assert "--overwrite" in drill.over_data.stderr


def test_an_option_that_does_not_exist_is_explained(drill: Drill) -> None:
    done = drill.backups.run("restore.sh", "--tagret=2026-01-01")
    assert done.returncode == 2
    assert "--target=" in done.stderr


def test_the_export_fills_an_empty_database_that_goes_on_from_there(
    drill: Drill, empty: str
) -> None:
    deployment = drill.backups.deployment
    file = drill.backups.fetch(f"{deployment.name}.jsonl")
    deployment.manage("migrate", "--verbosity=0", DATABASE_URL=empty)
    deployment.manage("loaddata", str(file), DATABASE_URL=empty)
    assert exported(tables(drill.backups.postgres, empty)) == exported(drill.before)
    add = "from apps.products.models import Category; Category.objects.create(name='Ä', slug='new')"
    deployment.manage("shell", "--no-imports", "-c", add, DATABASE_URL=empty)


@pytest.mark.usefixtures("empty")
def test_the_dump_fills_an_empty_database(drill: Drill) -> None:
    dump = drill.backups.fetch(f"{drill.backups.deployment.name}.dump")
    address = drill.backups.postgres.admin("restored")
    drill.backups.check("pg_restore", "--exit-on-error", f"--dbname={address}", str(dump))
    assert tables(drill.backups.postgres, address) == drill.before


@pytest.mark.parametrize("repository", ["1", "2"])
def test_the_drill_restores_each_copy_and_gives_figures(drill: Drill, repository: str) -> None:
    identity = str(drill.backups.secrets / "identity.txt")
    done = drill.backups.run("drill.sh", f"--repo={repository}", BACKUP_IDENTITY=identity)
    figures = succeed(done)
    rows = sum(int(row.split("|")[0]) for row in drill.before.values())
    assert re.findall(r"^rows: +(\d+)$", figures, re.MULTILINE) == [str(rows)] * 2
    assert len(re.findall(r"^(?:files|log|dump) .+: +\d+ s$", figures, re.MULTILINE)) == 3


def test_what_leaves_the_machine_cannot_be_read(drill: Drill) -> None:
    marker = b"customer@example.com"
    stored = [path for path in drill.backups.repository.rglob("*") if path.is_file()]
    assert stored
    assert [path for path in stored if marker in path.read_bytes()] == []
    archive = drill.backups.variables()["BACKUP_ARCHIVE"]
    names = drill.backups.check("rclone", "lsf", "--recursive", "--files-only", archive).split()
    assert {Path(name).suffix for name in names} == {".age", ""}


def test_success_is_told_to_prometheus(drill: Drill) -> None:
    told = drill.backups.textfile.read_text()
    found = re.fullmatch(r"backup_last_success_timestamp_seconds (\d+)\n", told)
    assert found
    assert time.time() - int(found[1]) < 3600


@pytest.mark.usefixtures("_damage")
def test_a_damaged_copy_is_noticed_and_no_success_is_told(drill: Drill) -> None:
    told = drill.backups.textfile.read_text()
    done = drill.backups.back_up()
    assert done.returncode
    assert "A backup in repository 1 is damaged." in done.stderr
    assert drill.backups.textfile.read_text() == told


@pytest.mark.usefixtures("_damage")
def test_the_drill_fails_on_a_damaged_copy(drill: Drill) -> None:
    done = drill.backups.run("drill.sh", "--repo=1")
    assert done.returncode
    assert "rows" not in done.stdout


@pytest.mark.parametrize(
    ("export", "variables", "reason"),
    [
        ("", {}, "The export on standard input is empty."),
        ("{}", {"BACKUP_ARCHIVE": "archive:nowhere"}, "NoSuchBucket"),
    ],
)
def test_a_backup_that_is_not_complete_is_no_success(
    drill: Drill, export: str, variables: dict[str, str], reason: str
) -> None:
    told = drill.backups.textfile.read_text()
    done = drill.backups.run("backup.sh", stdin=export, **variables)
    assert done.returncode
    assert reason in done.stderr
    assert drill.backups.textfile.read_text() == told


def exported(found: dict[str, str]) -> dict[str, str]:
    """Leave out the tables that an export leaves out."""
    return {name: rows for name, rows in found.items() if not OF_THIS_DATABASE.match(name)}
