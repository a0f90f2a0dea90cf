"""What Compose is told of each part, read by Compose itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.rendering import PROJECT, answers, render, write

FILES = sorted(
    path.relative_to(PROJECT).as_posix() for path in PROJECT.glob("infra/*/compose.yaml")
)
PROGRAM = Path(sys.executable).with_name("docker-compose")
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+(\.\d+)?(-\w+)?")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with all its parts."""
    folder = tmp_path_factory.mktemp("project")
    write(render(answers()), folder)
    return folder


def read(file: Path, *profiles: str) -> subprocess.CompletedProcess[str]:
    """Let Compose read a file."""
    return subprocess.run(
        [PROGRAM, "--file", file, "config", "--quiet"],
        env=os.environ | {"COMPOSE_PROFILES": ",".join(profiles)},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", FILES)
def test_compose_understands_every_part_whether_it_is_on_or_off(project: Path, name: str) -> None:
    profile = Path(name).parent.name
    for profiles in ([], [profile]):
        done = read(project / name, *profiles)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", FILES)
def test_every_service_has_the_profile_of_its_part_and_an_exact_version(
    project: Path, name: str
) -> None:
    for service in yaml.safe_load((project / name).read_text("utf-8"))["services"].values():
        assert service["profiles"] == [Path(name).parent.name]
        assert "build" in service or PINNED.fullmatch(service["image"])


def test_a_mistake_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {web: {image: 'web:1.0', depends_on: [database]}}")
    assert 'depends on undefined service "database"' in read(file).stderr
