"""What Compose is told, read by Compose itself, and whether what it refers to is there."""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.projects import PROJECTS
from tests.rendering import PROJECT, Tree, answers, render, write

pytestmark = pytest.mark.matrix

PARTS = sorted(
    path.relative_to(PROJECT).as_posix() for path in PROJECT.glob("infra/*/compose.yaml")
)
PROGRAM = Path(sys.executable).with_name("docker-compose")
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+(\.\d+)?(-\w+)?")
OWN_IMAGE = re.compile(r"\w+:local")
# They write beside their configuration when they start.
WRITE_TO_THEIR_IMAGE = {"elasticsearch", "kibana", "logstash"}
# Their images say how to look after them.
KNOW_THEIR_HEALTH = {"mailpit", "web"}


def systems() -> dict[str, Tree]:
    """Name the projects that Compose sees a difference between."""
    different: dict[tuple[tuple[str, bytes], ...], str] = {}
    trees: dict[str, Tree] = {}
    for name, project in PROJECTS.items():
        tree = render(project)
        seen = tuple(
            (path, content)
            for path, content in tree.items()
            if path.endswith("compose.yaml") or path == "infra/compose/secrets.sh"
        )
        if different.setdefault(seen, name) == name:
            trees[name] = tree
    return trees


SYSTEMS = systems()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with all its parts."""
    folder = tmp_path_factory.mktemp("project")
    write(render(answers()), folder)
    return folder


@pytest.fixture(scope="module", params=SYSTEMS)
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project, for each that Compose sees a difference between."""
    folder = tmp_path_factory.mktemp("system")
    write(SYSTEMS[request.param], folder)
    return folder


@pytest.fixture(scope="module")
def elk_secrets(project: Path) -> Path:
    """What is secret about logs: large keys, which take a while and are the same to everybody."""
    subprocess.run(["sh", "infra/elk/secrets.sh"], cwd=project, check=True)
    return project / "infra/elk/secrets"


def read(file: Path, *arguments: str, profiles: tuple[str, ...] = ()) -> str:
    """Let Compose read a file; what it prints, also when it refuses."""
    done = subprocess.run(
        [PROGRAM, "--file", file, "config", *(arguments or ["--quiet"])],
        env=os.environ | {"COMPOSE_PROFILES": ",".join(profiles)},
        check=False,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


@cache
def resolved(folder: Path) -> dict[str, Any]:
    """What Compose makes of the whole system of a project, with all profiles."""
    config = read(folder / "compose.yaml", "--format", "json", profiles=("*",))
    return dict(json.loads(config))


def services(folder: Path) -> dict[str, dict[str, Any]]:
    return dict(resolved(folder)["services"])


@pytest.mark.parametrize("name", PARTS)
def test_compose_understands_every_part_whether_it_is_on_or_off(project: Path, name: str) -> None:
    for profiles in ((), (Path(name).parent.name,)):
        assert read(project / name, profiles=profiles) == ""


@pytest.mark.parametrize("name", PARTS)
def test_every_service_of_a_part_has_its_profile(project: Path, name: str) -> None:
    for service in yaml.safe_load((project / name).read_text("utf-8"))["services"].values():
        assert service["profiles"] == [Path(name).parent.name]


def test_compose_understands_the_whole_system_with_any_profiles(system: Path) -> None:
    profiles = sorted({each for one in services(system).values() for each in profiles_of(one)})
    assert profiles
    for size in range(len(profiles) + 1):
        for chosen in itertools.combinations(profiles, size):
            assert read(system / "compose.yaml", profiles=chosen) == ""


def profiles_of(service: dict[str, Any]) -> list[str]:
    return list(service.get("profiles", ()))


def test_every_image_is_the_projects_own_or_of_an_exact_version(system: Path) -> None:
    for name, service in services(system).items():
        image = service["image"]
        assert OWN_IMAGE.fullmatch(image) or PINNED.fullmatch(image), name


def test_every_service_may_do_little_and_take_only_its_share(system: Path) -> None:
    for name, service in services(system).items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert {"mem_limit", "cpus", "pids_limit"} <= set(service), name
        assert service.get("read_only", False) is (name not in WRITE_TO_THEIR_IMAGE), name


def test_the_data_have_no_way_out_and_the_proxy_no_way_to_them(system: Path) -> None:
    assert resolved(system)["networks"]["data"]["internal"] is True
    networks = {name: set(service["networks"]) for name, service in services(system).items()}
    keepers = {name for name in networks if re.fullmatch(r"postgres|pgbouncer|redis.*", name)}
    assert keepers
    assert {name for name in keepers if networks[name] != {"data"}} == set()
    assert networks["nginx"].isdisjoint({"app", "data"})


def test_who_waits_for_the_health_of_another_service_can_learn_of_it(system: Path) -> None:
    every = services(system)
    for name, service in every.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert other in KNOW_THEIR_HEALTH or "test" in every[other]["healthcheck"], name
            if how["condition"] == "service_completed_successfully":
                assert every[other].get("restart") in {"no", "on-failure"}, other


def test_files_that_services_are_given_are_there_and_readable_for_any_account(
    system: Path, elk_secrets: Path
) -> None:
    if (system / "infra/elk").exists():
        shutil.copytree(elk_secrets, system / "infra/elk/secrets")
    subprocess.run(["sh", "infra/compose/secrets.sh"], cwd=system, check=True)
    mounts = [mount for one in services(system).values() for mount in one.get("volumes", ())]
    given = [mount["source"] for mount in mounts if mount["type"] == "bind"]
    given += [secret["file"] for secret in resolved(system)["secrets"].values()]
    assert given
    assert [path for path in given if not Path(path).exists()] == []
    assert [path for path in given if not Path(path).stat().st_mode & 0o004] == []


def test_every_secret_is_given_to_somebody(system: Path) -> None:
    given = {
        secret["source"] for one in services(system).values() for secret in one.get("secrets", ())
    }
    assert given == set(resolved(system)["secrets"])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_secrets_stay_what_they_are_and_only_their_owner_gets_to_them(project: Path) -> None:
    script = ["sh", "infra/compose/secrets.sh"]
    subprocess.run(script, cwd=project, check=True)
    folder = project / "secrets"
    before = contents(folder)
    (folder / "redis_url").unlink()
    subprocess.run(script, cwd=project, check=True)
    assert contents(folder) == before
    assert folder.stat().st_mode & 0o777 == 0o700
    authorities = [path for path in folder.glob("*_ca.key") if path.stat().st_mode & 0o077]
    assert authorities == []


def test_a_mistake_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text("services: {web: {image: 'web:1.0', depends_on: [database]}}")
    assert 'depends on undefined service "database"' in read(file)
