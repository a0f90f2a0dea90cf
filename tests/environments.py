"""Virtual environments for generated projects, and shells in which nothing else is active."""

import hashlib
import json
import os
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path

from tests.projects import PROJECTS, TOGGLES
from tests.rendering import TEMPLATE, Tree, render, write

ENVIRONMENTS = TEMPLATE / ".cache/environments"
FILES = ("pyproject.toml", ".python-version", "scripts/uv.sh")

# Beginnings of variables by which the shell around the tests would reach into a project.
FOREIGN = (
    *("APP_", "ARGS", "DATABASE_", "DJANGO_", "EMAIL_", "PG"),
    *("MAKE", "MFLAGS", "OTEL_", "PROMETHEUS_", "PYTEST_", "PYTHON", "REDIS_"),
    *("UV_P", "VIRTUAL_ENV"),
)


@cache
def environment_for(project: str) -> Path:
    """Return a virtual environment with what the project needs, whichever of its toggles are on.

    It is made once and kept; processes that need it at the same time wait for the first one.
    """
    needs, tree = requirements(project)
    with alone_in(ENVIRONMENTS / digest(needs)[:12]) as folder:
        write({path: tree[path] for path in FILES}, folder)
        command = ("sh", "scripts/uv.sh", "sync", "--quiet")
        subprocess.run(command, cwd=folder, env=shell(), check=True)
    return folder / ".venv"


@contextmanager
def alone_in(folder: Path) -> Iterator[Path]:
    """Make a folder that processes share, and keep the others out until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield folder


@cache
def requirements(project: str) -> tuple[list[object], Tree]:
    """Return what decides about a project's environment, and the files with every toggle on."""
    tree = render({**PROJECTS[project], **dict.fromkeys(TOGGLES, True)})
    metadata = tomllib.loads(tree["pyproject.toml"].decode())
    dependencies = metadata["project"]["dependencies"], metadata["dependency-groups"]
    return [*dependencies, metadata["tool"]["uv"], tree[".python-version"].decode()], tree


def shell() -> dict[str, str]:
    """Return the variables of a shell in which no other project is active."""
    kept = {name: os.environ[name] for name in os.environ if not name.startswith(FOREIGN)}
    uv = Path(os.environ.get("UV", "")).parent  # Set by `uv run`, which has started the tests.
    return kept | {"PATH": f"{uv}{os.pathsep}{kept['PATH']}"}


def shell_with(environment: Path) -> dict[str, str]:
    """Return the variables of a shell whose projects use a virtual environment as it is."""
    return shell() | {
        "PYTEST_XDIST_AUTO_NUM_WORKERS": "1",  # Tests run side by side already.
        "UV_NO_SYNC": "true",
        "UV_PROJECT_ENVIRONMENT": str(environment),
    }


def digest(value: object) -> str:
    """Identify a value by what it looks like as JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
