"""The gates of a project, and the least work that takes every project through every gate.

A gate is a command of the project's own `make lint`, `make check` or `make test`. Projects whose
files are the same, as far as the gate reads them, go through it together. The tests are several
gates: those that look at the project as a whole, those of parts that no other test looks at, and
all others, which run the project as a newcomer does.
"""

import hashlib
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hooks.post_gen_project import FEATURE_PATHS
from tests.environments import digest, requirements, shell, shell_with
from tests.projects import PROJECTS
from tests.rendering import PROJECT, Tree, render, write

TARGETS = ("lint", "check", "test")
RUN = "sh scripts/uv.sh run "

# What each tool reads.
READS = dict.fromkeys(("lint-imports", "mypy", "ruff", "zdm"), (".py", ".toml"))
# What other commands, which run the project, never open.
DOCUMENTS = (
    *(".ci/", ".github/", ".pre-commit-config.yaml", "CHANGELOG.md", "LICENSE", "Makefile"),
    *("README.md", "compose.yaml", "docs/", "infra/"),
    *("tests/chaos/", "tests/load/", "tests/smoke/"),
)
# What its management commands never open in development, nor do tests.
DEPLOYMENT = (*DOCUMENTS, "config/settings/postgresql.py", "config/settings/production.py")

TESTS_OF_THE_WHOLE = ("tests/test_documents.py", "tests/test_settings.py")
# What no test opens but those of the part, as is seen whenever they are run.
PARTS = {
    "use_elk": FEATURE_PATHS["use_elk"],
    "use_otel": (*FEATURE_PATHS["use_otel"], "config/settings/development.py"),
}
UNREAD = (
    *(*DEPLOYMENT, *TESTS_OF_THE_WHOLE, ".env", "scripts/"),
    *(path for paths in PARTS.values() for path in paths),
)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A shell command, and what it reads of a project.

    Attributes:
        command: The shell command.
        kinds: Endings of the files it reads.
        unread: Beginnings of the paths of those that it does not.
        read: Beginnings of the paths of those that it reads all the same.
        absent: Beginnings of the paths of those that are not even there.
    """

    command: str
    kinds: tuple[str, ...] = ("",)
    unread: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    def reads(self, path: str) -> bool:
        """Tell whether it may read a file."""
        known = path.startswith(self.read) or not path.startswith(self.unread)
        return known and path.endswith(self.kinds)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A gate, and the projects that go through it together.

    Attributes:
        gate: The gate.
        projects: Their names. The first one goes, for all.
    """

    gate: Gate
    projects: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.gate.command.removeprefix(RUN)} [{self.projects[0]}]"


@cache
def gates(project: str = "default") -> tuple[Gate, ...]:
    """Ask a project's Makefile for its commands; the default project has those of all others."""
    make = ("make", "--file=-", "--dry-run", "--no-print-directory", *TARGETS)
    makefile = render(PROJECTS[project])["Makefile"].decode()
    done = subprocess.run(
        make, cwd=PROJECT, env=shell(), input=makefile, check=True, capture_output=True, text=True
    )
    *commands, tests = done.stdout.splitlines()
    return (*map(_gate, commands), *_tests(project, tests))


def _gate(command: str) -> Gate:
    tool = command.removeprefix(RUN).split()[0]
    if tool in READS:
        return Gate(command=command, kinds=READS[tool])
    in_development = tool == "python"
    unread = (*DEPLOYMENT, *PARTS["use_elk"]) if in_development else DOCUMENTS
    return Gate(command=command, unread=unread)


def _tests(project: str, command: str) -> Iterator[Gate]:
    """Divide the tests, those that take longest last."""
    yield Gate(command=f"{RUN}pytest {' '.join(TESTS_OF_THE_WHOLE)}", unread=DOCUMENTS)
    apart = list(TESTS_OF_THE_WHOLE)
    for part, paths in PARTS.items():
        tests = [path for path in paths if Path(path).match("tests/test_*.py")]
        apart += tests
        if PROJECTS[project][part]:
            read = tuple(path for path in paths if not path.startswith("infra/k8s"))
            yield Gate(command=f"{RUN}pytest {' '.join(tests)}", unread=UNREAD, read=read)
    ignored = " ".join(f"--ignore={path}" for path in apart)
    # Else they would count as not covered.
    absent = tuple(path for part in PARTS for path in FEATURE_PATHS[part])
    yield Gate(command=f"{command} {ignored}", unread=UNREAD, absent=absent)


@cache
def steps() -> tuple[Step, ...]:
    """List the distinct steps, those that take longest first."""
    together: dict[tuple[Gate, str], list[str]] = {}
    for gate in reversed(gates()):
        for name in (name for name in PROJECTS if gate in gates(name)):
            together.setdefault((gate, _digest(gate, name)), []).append(name)
    return tuple(Step(gate=gate, projects=tuple(names)) for (gate, _), names in together.items())


def run(
    gate: Gate, tree: Tree, folder: Path, environment: Path
) -> subprocess.CompletedProcess[str]:
    """Write a project into a folder and run a gate there; it fails if it reads what it must not.

    Args:
        gate: The gate.
        tree: The files of the project.
        folder: Where to write them.
        environment: The virtual environment that the gate uses as it is.
    """
    write({path: tree[path] for path in tree if not path.startswith(gate.absent)}, folder)
    opened = folder.with_suffix(".opened")
    traced = {
        "PYTHONPATH": str(Path(__file__).parent / "tracing"),
        "TRACED_FOLDER": str(folder),
        "TRACED_FILES": str(opened),
    }
    done = subprocess.run(
        ("sh", "-c", gate.command),
        cwd=folder,
        env=shell_with(environment) | traced,
        check=False,
        capture_output=True,
        text=True,
    )
    read = set(opened.read_text("utf-8").splitlines()) & tree.keys() if opened.exists() else set()
    if unforeseen := sorted(path for path in read if not gate.reads(path)):
        done.returncode = 1
        done.stderr += f"{gate.command} reads what is not in its key: {', '.join(unforeseen)}\n"
    return done


def _digest(gate: Gate, project: str) -> str:
    """Identify what a gate reads of a project."""
    requirements, files = _fingerprints(project)
    return digest([requirements, {path: files[path] for path in files if gate.reads(path)}])


@cache
def _fingerprints(project: str) -> tuple[str, dict[str, str]]:
    """Return digests of a project's requirements and of its files."""
    tree = render(PROJECTS[project])
    files = {path: hashlib.sha256(content).hexdigest() for path, content in tree.items()}
    # Dependencies are installed rather than read, and the environment has those of all toggles.
    metadata = tomllib.loads(tree["pyproject.toml"].decode())
    del metadata["project"]["dependencies"], metadata["dependency-groups"]
    return digest(requirements(project)[0]), files | {"pyproject.toml": digest(metadata)}
