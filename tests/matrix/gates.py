"""The gates of a project, and the least work that takes every project through every gate.

A gate is a command of the project's own `make lint`, `make check` or `make test`. Projects whose
files are the same, as far as the gate reads them, go through it together. The tests are several
gates: those that look at how an entry point starts, those of parts that no other test looks at,
those that cross apps, and those of apps.
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
from tests.rendering import PROJECT, Tree, put, render

TARGETS = ("lint", "check", "test")
RUN = "sh scripts/uv.sh run "

# What each tool reads.
READS = dict.fromkeys(("lint-imports", "mypy", "ruff", "zdm"), (".py", ".toml"))
# What other commands, which run the project, never open.
DOCUMENTS = (
    *(".ci/", ".dockerignore", ".github/", ".pre-commit-config.yaml", "CHANGELOG.md", "Dockerfile"),
    *("LICENSE", "Makefile", "README.md", "compose.yaml", "docs/", "infra/"),
    *("tests/chaos/kill_", "tests/load/", "tests/smoke/"),
)
# What its management commands never open in development, nor do tests.
DEPLOYMENT = (*DOCUMENTS, ".env", "config/settings/postgresql.py", "config/settings/production.py")
# What decides about INSTALLED_APPS: with others, mypy's plugin finds out everything anew.
INSTALLED = ("config/settings/base.py", "config/settings/development.py")

# Tests of how an entry point starts, and what they never open.
TESTS_OF_SETTINGS = {
    "production": (("tests/test_production.py",), (*DOCUMENTS, ".env", "scripts/")),
    "development": (
        ("tests/test_development.py", "tests/test_environment.py"),
        (*DEPLOYMENT, *FEATURE_PATHS["use_elk"], "scripts/"),
    ),
}
# What no test opens but those of the part, as is seen whenever they are run.
PARTS = {
    "use_elk": FEATURE_PATHS["use_elk"],
    "use_otel": (*FEATURE_PATHS["use_otel"], "config/settings/development.py"),
    "use_redis_cluster": (*FEATURE_PATHS["use_redis_cluster"], "config/redis.py"),
}
UNREAD = (
    *(*DEPLOYMENT, "scripts/", "tests/entry_points.py"),
    *(path for tests, _ in TESTS_OF_SETTINGS.values() for path in tests),
    *(path for paths in PARTS.values() for path in paths),
)


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A shell command, and what it reads of a project.

    Attributes:
        name: What it is called, in a few letters.
        command: The shell command.
        kinds: Endings of the files it reads.
        unread: Beginnings of the paths of those that it does not.
        read: Beginnings of the paths of those that it reads all the same.
        absent: Beginnings of the paths of those that are not even there.
    """

    name: str
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
        return f"{self.gate.name}, {self.projects[0]}"


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
    tool, *words = command.removeprefix(RUN).split()
    if tool in READS:
        name = f"{tool} {words[0]}" if tool == "ruff" else tool
        return Gate(name=name, command=command, kinds=READS[tool])
    name = command.partition(" manage.py ")[2].split()[0]
    unopened = (*DEPLOYMENT, *PARTS["use_elk"], *PARTS["use_redis_cluster"])
    unread = unopened if tool == "python" else DOCUMENTS
    return Gate(name=name, command=command, unread=unread)


def _tests(project: str, command: str) -> Iterator[Gate]:
    """Divide the tests, those that take longest last."""
    apart: list[str] = []
    for entry_point, (tests, unread) in TESTS_OF_SETTINGS.items():
        apart += tests
        chosen = f"{RUN}pytest {' '.join(tests)}"
        yield Gate(name=f"pytest of {entry_point}", command=chosen, unread=unread)
    for part, paths in PARTS.items():
        tests = tuple(path for path in paths if Path(path).match("tests/test_*.py"))
        apart += tests
        if tests and PROJECTS[project][part]:
            read = tuple(path for path in paths if not path.startswith("infra/k8s"))
            name = f"pytest of {part.removeprefix('use_')}"
            chosen = f"{RUN}pytest {' '.join(tests)}"
            yield Gate(name=name, command=chosen, unread=UNREAD, read=read)
    ignored = " ".join(f"--ignore={path}" for path in apart)
    # Else they would count as not covered.
    absent = tuple(path for part in PARTS for path in FEATURE_PATHS[part])
    # What crosses apps could only add to what the tests of apps cover, and takes twice as long so.
    for folder, words in (("tests", command.removesuffix(" --cov")), ("apps", command)):
        chosen = words.replace("pytest", f"pytest {folder} {ignored}", 1)
        yield Gate(name=f"pytest of {folder}", command=chosen, unread=UNREAD, absent=absent)


@cache
def steps(*, reuse: bool = True) -> tuple[Step, ...]:
    """List the distinct steps, or every one, those that take longest first."""
    together: dict[tuple[Gate, str], list[str]] = {}
    for gate in reversed(gates()):
        for name in (name for name in PROJECTS if gate in gates(name)):
            key = _digest(gate, name) if reuse else name
            together.setdefault((gate, key), []).append(name)
    return tuple(Step(gate=gate, projects=tuple(names)) for (gate, _), names in together.items())


def similar(project: str) -> str:
    """Identify what mypy has to find out anew: its plugin asks what is installed."""
    tree = render(PROJECTS[project])
    return digest([requirements(project)[0], *(tree[path].decode() for path in INSTALLED)])[:12]


def run(
    gate: Gate,
    tree: Tree,
    folder: Path,
    environment: Path,
    caches: Path | None = None,
    *,
    watched: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Put a project into a folder and run a gate there.

    Args:
        gate: The gate.
        tree: The files of the project.
        folder: Where to put them, in the place of another project as the case may be.
        environment: The virtual environment that the gate uses as it is.
        caches: Where it finds what it has found out about similar projects.
        watched: Whether it fails if it reads what it must not.
    """
    put({path: tree[path] for path in tree if not path.startswith(gate.absent)}, folder)
    caches = caches or folder.with_suffix(".caches")
    variables = {
        "MYPY_CACHE_DIR": str(caches / "mypy"),
        "RUFF_CACHE_DIR": str(caches / "ruff"),
    }
    opened = folder.with_suffix(".opened")
    opened.unlink(missing_ok=True)
    if watched:
        variables |= {
            "PYTHONPATH": str(Path(__file__).parent / "tracing"),
            "TRACED_FOLDER": str(folder),
            "TRACED_FILES": str(opened),
        }
    done = subprocess.run(
        ("sh", "-c", gate.command),
        cwd=folder,
        env=shell_with(environment) | variables,
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
    # Dependencies are installed rather than read, and the environment has those of all toggles; of
    # the rest of the project's metadata, tools look at nothing but the version of Python.
    metadata = tomllib.loads(tree["pyproject.toml"].decode())
    read = [metadata["tool"], metadata["project"]["requires-python"]]
    return digest(requirements(project)[0]), files | {"pyproject.toml": digest(read)}
