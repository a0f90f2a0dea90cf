"""Projects take what changes in the template; parts come and go in a project that is in use."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environments import shell
from tests.projects import OTHER, TOGGLES
from tests.rendering import PROJECT, render
from tests.static.conftest import Bake, git

# Where uv keeps what it has downloaded; it would look in the home folder, which tests replace.
UV_CACHE = os.environ.get("UV_CACHE_DIR") or str(
    Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv"
)


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the project's own make targets."""
    return subprocess.run(
        ["make", *arguments],
        cwd=project,
        env=shell() | {"UV_CACHE_DIR": UV_CACHE},
        check=False,
        capture_output=True,
        text=True,
    )


def switch(project: Path, name: str, on: str) -> subprocess.CompletedProcess[str]:
    """Switch a part on or off."""
    return make(project, "feature", f"NAME={name}", f"ON={on}")


def files(project: Path) -> dict[str, bytes]:
    """Return what git tracks in a project, without the record for updates."""
    paths = set(git(project, "ls-files", "-co", "--exclude-standard", "-z").split("\0")) - {""}
    there = [path for path in paths - {".cruft.json"} if (project / path).exists()]
    return {path: (project / path).read_bytes() for path in there}


def commit(project: Path) -> None:
    """Commit everything."""
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "Work")


def change(project: Path) -> dict[str, bytes]:
    """Work on a project as its owner would, and return what that wrote."""
    written = {"apps/common/ids.py": b"\n\nOURS = 1\n", "docs/ours.md": b"# Ours\n"}
    for path, content in written.items():
        with (project / path).open("ab") as file:
            file.write(content)
    commit(project)
    return {path: (project / path).read_bytes() for path in written}


def test_a_project_takes_a_later_template_and_keeps_what_is_its_own(
    bake: Bake, own_template: Path
) -> None:
    project = bake(own_template)
    ours = change(project)
    secrets = (project / ".env").read_bytes()
    changelog = own_template / PROJECT.name / "CHANGELOG.md"
    changelog.write_text(changelog.read_text("utf-8") + "\nA new line.\n", encoding="utf-8")
    commit(own_template)

    done = make(project, "update")
    assert done.returncode == 0, done.stderr
    assert git(project, "status", "--porcelain").split() == [
        *("M", ".cruft.json"),
        *("M", "CHANGELOG.md"),
    ]
    assert files(project)["CHANGELOG.md"].endswith(b"\nA new line.\n")
    assert ours.items() <= files(project).items()
    assert (project / ".env").read_bytes() == secrets

    commit(project)
    assert make(project, "update").returncode == 0
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.parametrize("toggle", TOGGLES)
def test_a_part_is_switched_off_and_on_in_a_project_in_use(bake: Bake, toggle: str) -> None:
    """What comes out is a project that the matrix tests, and what its owner has added."""
    project = bake()
    answers = json.loads((project / ".cruft.json").read_text("utf-8"))["context"]["cookiecutter"]
    before = files(project)
    ours = change(project)

    for on in (False, True):
        done = switch(project, toggle, str(on).lower())
        assert done.returncode == 0, done.stdout + done.stderr
        assert files(project) == {**render({**answers, toggle: on}), **ours}
        record = json.loads((project / ".cruft.json").read_text("utf-8"))
        assert record["context"]["cookiecutter"][toggle] is on
        commit(project)
    assert files(project) == {**before, **ours}


@pytest.mark.parametrize(
    ("name", "on", "complaint"),
    [
        ("use_drones", "true", "There is no part 'use_drones'. Give as NAME one of use_"),
        ("project_name", "true", "There is no part 'project_name'."),
        ("use_otel", "perhaps", "Give as ON true or false, not 'perhaps'."),
        ("use_otel", "true", "use_otel is true already."),
    ],
)
def test_what_cannot_be_switched_is_explained(
    bake: Bake, name: str, on: str, complaint: str
) -> None:
    project = bake()
    done = switch(project, name, on)
    assert done.returncode != 0
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert git(project, "status", "--porcelain") == ""


def test_nothing_is_switched_while_work_is_not_committed(bake: Bake) -> None:
    project = bake()
    (project / "ours.md").write_text("# Ours\n", encoding="utf-8")
    done = switch(project, "use_otel", "false")
    assert done.returncode != 0
    assert "Commit your work first" in done.stderr
    assert (project / "docs/tracing.md").exists()


def test_the_record_is_enough_to_generate_the_same_project_again(
    bake: Bake, tmp_path: Path
) -> None:
    project = bake(**OTHER)
    record = json.loads((project / ".cruft.json").read_text("utf-8"))
    given = [f"{name}={value}" for name, value in record["context"]["cookiecutter"].items()]
    command = [sys.executable, "-m", "cookiecutter", "--no-input", "--default-config"]
    subprocess.run(
        [*command, "-o", tmp_path, "-c", record["commit"], f"file://{record['template']}", *given],
        check=True,
        capture_output=True,
    )
    assert files(tmp_path / project.name) == files(project)
