"""A machine without the developer's configuration, and projects generated on it."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cookiecutter.main import cookiecutter
from pytest_cookies.plugin import Cookies

from tests.rendering import TEMPLATE, answers, tracked

type Bake = Callable[..., Path]


@pytest.fixture(autouse=True)
def _bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder that projects are generated into."""
    return tmp_path / "out"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the template as it is now, without local state, in one commit."""
    clone = tmp_path_factory.mktemp("template") / "template.git"
    for path in tracked(TEMPLATE):
        (clone / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TEMPLATE / path, clone / path)
    git(clone, "init", "--quiet")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "First")
    return clone


@pytest.fixture
def own_template(template: Path, tmp_path: Path) -> Path:
    """A template that the test may change."""
    return Path(shutil.copytree(template, tmp_path / template.name))


@pytest.fixture
def bake(cookies: Cookies, template: Path) -> Bake:
    """Generates a project as `cookiecutter --no-input` does and returns its folder."""

    def generate(template: Path = template, **given: str | bool) -> Path:
        result = cookies.bake(extra_context=given, template=str(template))
        if result.exception:
            raise result.exception
        return Path(result.project_path)

    return generate


@pytest.fixture
def replay(out: Path, template: Path, tmp_path: Path) -> Bake:
    """Generates a project from a replay file, which cookiecutter takes without a look at it."""

    def generate(**given: object) -> Path:
        recorded: dict[str, object] = {**answers(), **given}
        file = tmp_path / "replay.json"
        file.write_text(json.dumps({"cookiecutter": recorded}), encoding="utf-8")
        return Path(
            cookiecutter(str(template), replay=str(file), output_dir=str(out), default_config=True)
        )

    return generate


def git(folder: Path, *arguments: str) -> str:
    """Run git, whoever the user is, and return what it printed."""
    settings = ("user.name=A", "user.email=a@example.com", "commit.gpgSign=false")
    flags = [flag for setting in settings for flag in ("-c", setting)]
    command = ("git", *flags, *arguments)
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
