"""The gates of a project, and the least work that takes every project through every gate.

A gate is a command of the project's own `make lint`, `make check` or `make test`. Projects whose
files are the same, as far as the gate reads them, go through it together.
"""

import hashlib
import json
import os
import subprocess
import tomllib
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path

from tests.projects import PROJECTS, TOGGLES
from tests.rendering import PROJECT, TEMPLATE, Tree, render, write

TARGETS = ("lint", "check", "test")
RUN = "sh scripts/uv.sh run "
CACHE = TEMPLATE / ".cache"

# What these tools read. The other gates run the project, which may read any of its files.
READS = dict.fromkeys(("lint-imports", "mypy", "ruff"), (".py", ".toml"))

ENVIRONMENT_FILES = ("pyproject.toml", ".python-version", "scripts/uv.sh")

# Beginnings of variables by which the shell around the tests would reach into a project.
FOREIGN = (
    *("APP_", "ARGS", "DATABASE_", "DJANGO_", "EMAIL_"),
    *("MAKE", "MFLAGS", "PYTEST_", "PYTHON", "UV_P", "VIRTUAL_ENV"),
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A gate, and the projects that go through it together.

    Attributes:
        gate: The shell command.
        projects: Their names. The first one goes, for all.
    """

    gate: str
    projects: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.gate.removeprefix(RUN)} [{self.projects[0]}]"


@cache
def gates() -> tuple[str, ...]:
    """Ask the project's Makefile for its commands."""
    make = ("make", "--dry-run", "--no-print-directory", *TARGETS)
    done = subprocess.run(
        make, cwd=PROJECT, env=_variables(), check=True, capture_output=True, text=True
    )
    return tuple(done.stdout.splitlines())


@cache
def steps() -> tuple[Step, ...]:
    """List the distinct steps, those that take longest first."""
    together: dict[tuple[str, str], list[str]] = {}
    for gate in reversed(gates()):
        for name in PROJECTS:
            together.setdefault((gate, _digest(gate, name)), []).append(name)
    return tuple(Step(gate=gate, projects=tuple(names)) for (gate, _), names in together.items())


@cache
def environment_for(project: str) -> Path:
    """Return a virtual environment with what the project needs, whichever of its toggles are on.

    It is made once and kept; processes that need it at the same time wait for the first one.
    """
    requirements, tree = _requirements(project)
    folder = CACHE / "environments" / _hash(requirements)[:12]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        write({path: tree[path] for path in ENVIRONMENT_FILES}, folder)
        command = ("sh", "scripts/uv.sh", "sync", "--quiet")
        subprocess.run(command, cwd=folder, env=_variables(), check=True)
    return folder / ".venv"


def run(gate: str, tree: Tree, folder: Path, environment: Path) -> subprocess.CompletedProcess[str]:
    """Write a project into a folder and run a gate there.

    Args:
        gate: The shell command.
        tree: The files of the project.
        folder: Where to write them.
        environment: The virtual environment that the gate uses as it is.
    """
    write(tree, folder)
    variables = _variables() | {
        "MYPY_CACHE_DIR": str(environment.with_name("mypy")),
        "PYTEST_XDIST_AUTO_NUM_WORKERS": "1",  # Steps run side by side already.
        "UV_NO_SYNC": "true",
        "UV_PROJECT_ENVIRONMENT": str(environment),
    }
    command = ("sh", "-c", gate)
    return subprocess.run(
        command, cwd=folder, env=variables, check=False, capture_output=True, text=True
    )


def _digest(gate: str, project: str) -> str:
    """Identify what a gate reads of a project."""
    requirements, files = _fingerprints(project)
    suffixes = READS.get(gate.removeprefix(RUN).split()[0], "")
    return _hash([requirements, {path: files[path] for path in files if path.endswith(suffixes)}])


@cache
def _fingerprints(project: str) -> tuple[str, dict[str, str]]:
    """Return digests of a project's requirements and of its files."""
    tree = render(PROJECTS[project])
    files = {path: hashlib.sha256(content).hexdigest() for path, content in tree.items()}
    # Dependencies are installed rather than read, and the environment has those of all toggles.
    metadata = tomllib.loads(tree["pyproject.toml"].decode())
    del metadata["project"]["dependencies"], metadata["dependency-groups"]
    return _hash(_requirements(project)[0]), files | {"pyproject.toml": _hash(metadata)}


@cache
def _requirements(project: str) -> tuple[list[object], Tree]:
    """Return what decides about a project's environment, and the files with every toggle on."""
    tree = render({**PROJECTS[project], **dict.fromkeys(TOGGLES, True)})
    metadata = tomllib.loads(tree["pyproject.toml"].decode())
    dependencies = metadata["project"]["dependencies"], metadata["dependency-groups"]
    return [*dependencies, metadata["tool"]["uv"], tree[".python-version"].decode()], tree


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _variables() -> dict[str, str]:
    """Return the environment variables of a shell in which no other project is active."""
    kept = {name: os.environ[name] for name in os.environ if not name.startswith(FOREIGN)}
    uv = Path(os.environ.get("UV", "")).parent  # Set by `uv run`, which has started the tests.
    return kept | {"PATH": f"{uv}{os.pathsep}{kept['PATH']}"}
