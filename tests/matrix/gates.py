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
from tests.rendering import PROJECT, TEMPLATE, Answers, Tree, render, write

TARGETS = ("lint", "check", "test")
RUN = "sh scripts/uv.sh run "
CACHE = TEMPLATE / ".cache"

# What these tools read. The other gates run the project, which may read any of its files.
READS = dict.fromkeys(("lint-imports", "mypy", "ruff"), (".py", ".toml"))

# Variables that would point a project at something outside of it.
FOREIGN = ("APP_", "DATABASE_URL", "DJANGO_", "EMAIL_URL", "PYTEST_", "VIRTUAL_ENV")


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
    done = subprocess.run(make, cwd=PROJECT, check=True, capture_output=True, text=True)
    return tuple(done.stdout.splitlines())


@cache
def steps() -> tuple[Step, ...]:
    """List the distinct steps, those that take longest first."""
    together: dict[tuple[str, str], list[str]] = {}
    for gate in reversed(gates()):
        for name, project in PROJECTS.items():
            together.setdefault((gate, _digest(gate, project)), []).append(name)
    return tuple(Step(gate=gate, projects=tuple(names)) for (gate, _), names in together.items())


def run(gate: str, tree: Tree, folder: Path, environment: Path) -> subprocess.CompletedProcess[str]:
    """Write a project into an empty folder and run one of its gates there.

    Args:
        gate: The shell command.
        tree: The files of the project.
        folder: Where to write them.
        environment: The virtual environment to use, as it is.
    """
    write(tree, folder)
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)
    } | {
        "PATH": f"{Path(os.environ['UV']).parent}{os.pathsep}{os.environ['PATH']}",
        "MYPY_CACHE_DIR": str(CACHE / "mypy" / environment.parent.name),
        "UV_NO_SYNC": "true",
        "UV_PROJECT_ENVIRONMENT": str(environment),
    }
    return subprocess.run(
        gate, shell=True, cwd=folder, env=variables, check=False, capture_output=True, text=True
    )


@cache
def environment_for(project: str) -> Path:
    """Return a virtual environment with what the project needs, whichever of its toggles are on.

    It is made once and kept; processes that need it at the same time wait for the first one.
    """
    requirements, tree = _requirements(PROJECTS[project])
    folder = CACHE / "environments" / _hash(requirements)[:12]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        write({path: tree[path] for path in ("pyproject.toml", ".python-version")}, folder)
        command = ("sh", TEMPLATE / "scripts/uv.sh", "sync", "--quiet")
        subprocess.run(command, cwd=folder, env=os.environ | {"UV_PROJECT_ENVIRONMENT": ".venv"}, check=True)
    return folder / ".venv"
