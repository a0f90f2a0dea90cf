"""How long copies are kept, and whether Compose understands what backups add to it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError
from botocore.session import Session
from botocore.validate import validate_parameters

from tests.rendering import PROJECT, answers, render, write

pytestmark = pytest.mark.matrix

SEVEN_YEARS = 7 * 365 + 2  # days
CHOICES = ("s3", "gcs")
COMPOSE = Path(sys.executable).with_name("docker-compose")
OVERRIDE = "infra/backup/compose.override.yaml"


def lifecycle(choice: str) -> dict[str, Any]:
    """Return the rules of the archive."""
    return dict(json.loads(render(answers(object_storage=choice))["infra/backup/lifecycle.json"]))


def validate(rules: dict[str, Any]) -> None:
    """Let the description of S3's API judge about rules."""
    service = Session().get_service_model("s3")
    shape = service.operation_model("PutBucketLifecycleConfiguration").input_shape
    validate_parameters({"Bucket": "archive", "LifecycleConfiguration": rules}, shape)


def test_s3_keeps_dumps_for_seven_years_in_the_cold() -> None:
    rules = lifecycle("s3")
    validate(rules)
    (rule,) = rules["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["Transitions"] == [{"Days": 30, "StorageClass": "DEEP_ARCHIVE"}]
    assert rule["Expiration"] == {"Days": SEVEN_YEARS}


def test_a_mistake_in_the_rules_is_noticed() -> None:
    rules = lifecycle("s3")
    rules["Rules"][0]["Expires"] = rules["Rules"][0].pop("Expiration")
    with pytest.raises(ParamValidationError):
        validate(rules)


def test_google_keeps_dumps_for_seven_years_in_the_cold() -> None:
    assert lifecycle("gcs") == {
        "lifecycle": {
            "rule": [
                {
                    "action": {"type": "SetStorageClass", "storageClass": "ARCHIVE"},
                    "condition": {"age": 30},
                },
                {"action": {"type": "Delete"}, "condition": {"age": SEVEN_YEARS}},
            ]
        }
    }


@pytest.mark.parametrize("choice", CHOICES)
def test_compose_understands_what_backups_add(choice: str, tmp_path: Path) -> None:
    write(render(answers(object_storage=choice)), tmp_path)
    files = ("--file", "compose.yaml", "--file", OVERRIDE)
    done = subprocess.run(
        [COMPOSE, *files, "config", "--format", "json"],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    postgres = json.loads(done.stdout)["services"]["postgres"]
    assert set(postgres["networks"]) == {"backup", "data"}
    targets = {mount["target"]: Path(mount["source"]) for mount in postgres["volumes"]}
    # PostgreSQL looks for the one beside the other.
    for name in ("archive.conf", "postgresql.conf"):
        assert targets[f"/etc/postgresql/{name}"].exists()
    names = {secret["source"] for secret in postgres["secrets"]}
    login = {"s3": "backup_aws", "gcs": "backup_gcs"}[choice]
    assert {login, "backup_pgbackrest", "backup_recipients"} <= names


@pytest.mark.parametrize("version", ["18", "17", "16", "15", "14"])
def test_the_server_with_backups_is_the_same_as_without(version: str) -> None:
    tree = render(answers(postgresql_version=version))
    (image,) = re.findall(rb"image: (postgres:\S+)", tree["compose.yaml"])
    assert image.startswith(f"postgres:{version}.".encode())
    assert b"FROM " + image + b"\n" in tree["infra/backup/Dockerfile"]


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """A folder with a stand-in for docker, which notes what it is told; no application runs."""
    program = tmp_path / "bin/docker"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        'echo "$*" >>"$0.log"\n'
        'case $* in *"manage.py export") echo {}; exit "${EXPORT_STATUS:-0}" ;; esac\n'
        'cat >>"$0.log"\n'
    )
    program.chmod(0o755)
    return program.parent


def run_compose_script(docker: Path, *arguments: str, **variables: str) -> tuple[int, list[str]]:
    """Run what make runs; return its status, and what docker was told."""
    done = subprocess.run(
        ["sh", str(PROJECT / "infra/backup/compose.sh"), *arguments],
        env=os.environ | {"PATH": f"{docker}:{os.environ['PATH']}"} | variables,
        check=False,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    log = docker / "docker.log"
    return done.returncode, log.read_text().splitlines() if log.exists() else []


def test_the_export_of_the_application_goes_to_the_databases_server(docker: Path) -> None:
    status, (export, backup, received) = run_compose_script(docker, "backup")
    assert status == 0
    assert export.endswith("scheduler python manage.py export")
    assert backup.endswith("--user postgres postgres sh /backup/backup.sh")
    assert received == "{}"


def test_half_an_export_starts_no_backup(docker: Path) -> None:
    status, told = run_compose_script(docker, "backup", EXPORT_STATUS="1")
    assert status == 1
    assert len(told) == 1


def test_options_of_restore_arrive_as_they_were_given(docker: Path) -> None:
    status, told = run_compose_script(docker, "restore", "--target=2026-01-01 12:00:00+00")
    assert status == 0
    assert told[0].endswith("postgres /backup/restore.sh --target=2026-01-01 12:00:00+00")
