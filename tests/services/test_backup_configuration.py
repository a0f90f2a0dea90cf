"""Whether the tools that make backups understand their configuration, for each kind of bucket."""

import configparser
import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.backups import LOGIN
from tests.rendering import answers, render, write


@pytest.fixture(params=["s3", "gcs"])
def scripts(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of a project's backups, secrets included."""
    write(render(answers(object_storage=request.param)), tmp_path)
    folder = tmp_path / "infra/backup"
    subprocess.run(["sh", folder / "secrets.sh"], env=os.environ | LOGIN, check=True)
    return folder


def pgbackrest(scripts: Path) -> str:
    """Let pgBackRest read its configuration; return what it complains about."""
    files = (f"--config={scripts}/pgbackrest.conf", f"--config-include-path={scripts}/secrets")
    options = (f"--repo1-path={scripts}", "--log-level-console=off", "--stanza=main", "--repo=1")
    command = ["pgbackrest", *files, *options, "info"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stderr


def test_pgbackrest_understands_its_configuration(scripts: Path) -> None:
    assert pgbackrest(scripts) == ""


def test_pgbackrest_complains_about_a_mistake(scripts: Path) -> None:
    with (scripts / "pgbackrest.conf").open("a") as file:
        file.write("[global]\nstart-fats=y\n")
    assert "start-fats" in pgbackrest(scripts)


def test_rclone_knows_every_option_it_is_given(scripts: Path) -> None:
    configuration = configparser.ConfigParser()
    configuration.read(scripts / "rclone.conf")
    archive = dict(configuration["archive"])
    done = subprocess.run(["rclone", "config", "providers"], check=True, capture_output=True)
    kinds = {kind["Name"]: kind["Options"] for kind in json.loads(done.stdout)}
    known = {option["Name"] for option in kinds[archive.pop("type")]}
    assert set(archive) <= known
    assert "no_check_buckets" not in known


def test_secrets_stay_what_they_are_and_only_their_owner_gets_to_them(scripts: Path) -> None:
    folder = scripts / "secrets"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    subprocess.run(["sh", scripts / "secrets.sh"], env=os.environ | LOGIN, check=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert folder.stat().st_mode & 0o777 == 0o700
    # The private key belongs somewhere else, and does not come back.
    (folder / "identity.txt").unlink()
    subprocess.run(["sh", scripts / "secrets.sh"], env=os.environ | LOGIN, check=True)
    assert not (folder / "identity.txt").exists()
