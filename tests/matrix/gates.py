"""The gates of a project, and the least work that takes every project through every gate.

A gate is a command of the project's own `make lint`, `make check` or `make test`. Projects whose
files are the same, as far as the gate reads them, go through it together. The tests are two gates:
those that look at the project as a whole, and all others, which run it as a newcomer does.
"""

import hashlib
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.environments import digest, requirements, shell, shell_with
from tests.projects import PROJECTS
from tests.rendering import PROJECT, Tree, render, write

TARGETS = ("lint", "check", "test")
RUN = "sh scripts/uv.sh run "

# What these tools read. The other gates run the project, which may read any of its files.
READS = dict.fromkeys(("lint-imports", "mypy", "ruff", "zdm"), (".py", ".toml"))

TESTS_OF_THE_WHOLE = ("tests/test_documents.py", "tests/test_settings.py")
# What the other tests never open, as is seen whenever they are run.
UNREAD = (
    *(".ci/", ".env", ".github/", ".pre-commit-config.yaml", "CHANGELOG.md", "LICENSE", "Makefile"),
    *("README.md", "docs/", "infra/", "scripts/"),
    *("config/settings/postgresql.py", "config/settings/production.py"),
    *TESTS_OF_THE_WHOLE,
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
def gates(project: str = "default") -> tuple[str, ...]:
    """Ask a project's Makefile for its commands; the default project has those of all others."""
    make = ("make", "--file=-", "--dry-run", "--no-print-directory", *TARGETS)
    makefile = render(PROJECTS[project])["Makefile"].decode()
    done = subprocess.run(
        make, cwd=PROJECT, env=shell(), input=makefile, check=True, capture_output=True, text=True
    )
    *others, tests = done.stdout.splitlines()
    ignored = " ".join(f"--ignore={path}" for path in TESTS_OF_THE_WHOLE)
    return (*others, f"{RUN}pytest {' '.join(TESTS_OF_THE_WHOLE)}", f"{tests} {ignored}")


@cache
def steps() -> tuple[Step, ...]:
    """List the distinct steps, those that take longest first."""
    together: dict[tuple[str, str], list[str]] = {}
    for gate in reversed(gates()):
        for name in (name for name in PROJECTS if gate in gates(name)):
            together.setdefault((gate, _digest(gate, name)), []).append(name)
    return tuple(Step(gate=gate, projects=tuple(names)) for (gate, _), names in together.items())


def run(gate: str, tree: Tree, folder: Path, environment: Path) -> subprocess.CompletedProcess[str]:
    """Write a project into a folder and run a gate there; it fails if it reads what it must not.

    Args:
        gate: The shell command.
        tree: The files of the project.
        folder: Where to write them.
        environment: The virtual environment that the gate uses as it is.
    """
    write(tree, folder)
    command = ("sh", "-c", gate)
    opened = folder.with_suffix(".opened")
    traced = {
        "PYTHONPATH": str(Path(__file__).parent / "tracing"),
        "TRACED_FOLDER": str(folder),
        "TRACED_FILES": str(opened),
    }
    done = subprocess.run(
        command,
        cwd=folder,
        env=shell_with(environment) | traced,
        check=False,
        capture_output=True,
        text=True,
    )
    read = set(opened.read_text("utf-8").splitlines()) & tree.keys() if opened.exists() else set()
    if unforeseen := sorted(path for path in read if not _reads(gate, path)):
        done.returncode = 1
        done.stderr += f"{gate} reads what is not in its key: {', '.join(unforeseen)}\n"
    return done


def _reads(gate: str, path: str) -> bool:
    """Tell whether a gate may read a file."""
    if "--ignore=" in gate:
        return not path.startswith(UNREAD)
    return path.endswith(READS.get(gate.removeprefix(RUN).split()[0], ""))


def _digest(gate: str, project: str) -> str:
    """Identify what a gate reads of a project."""
    requirements, files = _fingerprints(project)
    return digest([requirements, {path: files[path] for path in files if _reads(gate, path)}])


@cache
def _fingerprints(project: str) -> tuple[str, dict[str, str]]:
    """Return digests of a project's requirements and of its files."""
    tree = render(PROJECTS[project])
    files = {path: hashlib.sha256(content).hexdigest() for path, content in tree.items()}
    # Dependencies are installed rather than read, and the environment has those of all toggles.
    metadata = tomllib.loads(tree["pyproject.toml"].decode())
    del metadata["project"]["dependencies"], metadata["dependency-groups"]
    return digest(requirements(project)[0]), files | {"pyproject.toml": digest(metadata)}
