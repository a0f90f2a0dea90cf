"""GitHub's workflows, the template's and a project's: valid, careful, and true to what is there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.actionlint import complaints
from tests.projects import PROJECTS
from tests.rendering import PROJECT, TEMPLATE, render, tracked
from tests.static.test_documents import targets

pytestmark = pytest.mark.matrix

BIN = Path(sys.executable).parent
FOLDERS = [root / ".github" for root in (TEMPLATE, PROJECT)]
WORKFLOWS = [path for folder in FOLDERS for path in sorted(folder.glob("workflows/*.yml"))]
ACTIONS = [path for folder in FOLDERS for path in sorted(folder.glob("actions/*/action.yml"))]
PINNED = re.compile(r"uses: (\./\S+|[\w/.-]+@[0-9a-f]{40} # v?\d+\.\d+\.\d+)")
NAMED = re.compile(r"\bmake (?P<target>\w+)|\bsh (?P<script>[\w./-]+)|(?P<own>\.ci/\w+)")
RULES = """
rules:
  self-repository: # No workflow is called from another repository.
    disable: true
"""
MISTAKEN = """
name: Mistaken
on: {push: {}, pull_request_target: {}}
jobs:
  one:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - run: echo "${{ github.head_ref }}"
        if: ${{ githb.ref }}
        timeout: 3
"""


def named(path: Path) -> str:
    return str(path.relative_to(TEMPLATE))[-40:]


def run(tool: str, *arguments: str | Path) -> str:
    """Run a validator; return nothing if it is content, else what it said."""
    command: list[str | Path] = [BIN / tool, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else ""


def zizmor(folder: Path, *paths: Path) -> str:
    rules = folder / "zizmor.yml"
    rules.write_text(RULES)
    return run("zizmor", "--offline", "--quiet", "--strict-collection", "--config", rules, *paths)


def schema(kind: str, *paths: Path) -> str:
    return run("check-jsonschema", "--builtin-schema", f"vendor.github-{kind}", *paths)


@pytest.fixture
def mistaken(tmp_path: Path) -> Path:
    """A workflow with a mistake for everybody to find."""
    path = tmp_path / ".github/workflows/mistaken.yml"
    path.parent.mkdir(parents=True)
    path.write_text(MISTAKEN)
    return path


def test_workflows_are_what_github_reads() -> None:
    assert schema("workflows", *WORKFLOWS) == ""
    assert schema("actions", *ACTIONS) == ""


def test_expressions_and_scripts_of_workflows_make_sense() -> None:
    assert complaints(WORKFLOWS) == []


def test_workflows_are_safe(tmp_path: Path) -> None:
    assert zizmor(tmp_path, *FOLDERS) == ""


def test_every_validator_notices_a_mistake(mistaken: Path, tmp_path: Path) -> None:
    assert "'timeout' was unexpected" in schema("workflows", mistaken)
    assert any('variable "githb"' in line for line in complaints([mistaken]))
    for audit in ("dangerous-triggers", "template-injection", "unpinned-uses", "artipacked"):
        assert audit in zizmor(tmp_path, mistaken)


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_jobs_may_do_little_and_not_for_long(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text("utf-8"))
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]
    for job in workflow["jobs"].values():
        assert job["permissions"]
        assert "timeout-minutes" in job or job["uses"].startswith("./")


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=named)
def test_what_others_have_made_is_pinned_by_its_content_and_named(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.count("uses: ") == len(PINNED.findall(text))


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_no_secret_is_kept_for_a_workflow(path: Path) -> None:
    """Jobs prove who they are by tokens that are made for them, and live for minutes."""
    assert "secrets." not in path.read_text("utf-8")


def test_what_the_templates_workflow_runs_is_there() -> None:
    tree = {path.as_posix(): (TEMPLATE / path).read_bytes() for path in tracked(TEMPLATE)}
    assert missing(tree) == set()


def test_what_a_projects_workflows_run_is_there() -> None:
    trees = [render(project) for project in PROJECTS.values()]
    assert [missing(tree) for tree in trees] == [set() for _ in trees]


def test_what_is_not_there_is_noticed() -> None:
    tree = render(PROJECTS["default"])
    without = {path: tree[path] for path in tree if path not in {"Dockerfile", "scripts/uv.sh"}}
    without["Makefile"] = without["Makefile"].replace(b"\nlint: ", b"\nlinted: ")
    assert missing(without) == {"make lint", "scripts/uv.sh", "Dockerfile"}


def missing(tree: dict[str, bytes]) -> set[str]:
    """Name the targets and files that the workflows of a project need, and that it lacks."""
    needed: set[str] = set()
    for path, content in tree.items():
        if re.match(r"\.github/(workflows|actions)/.*\.yml$", path):
            needed |= set(needs(yaml.safe_load(content)))
    known = {f"make {name}" for name in targets(tree["Makefile"].decode())}
    folders = {str(parent) for path in tree for parent in Path(path).parents}
    return needed - known - tree.keys() - folders


def needs(document: dict[str, Any]) -> Iterator[str]:
    """Name the targets and files that a workflow or an action needs."""
    jobs = document.get("jobs", {"action": document.get("runs")})
    for job in jobs.values():
        yield from uses(job)
        for step in job.get("steps", ()):
            yield from uses(step)
            if "docker/build-push-action" in step.get("uses", ""):
                yield "Dockerfile"
            for command in expanded(step.get("run", ""), job):
                if "docker build" in command:
                    yield "Dockerfile"
                for found in NAMED.finditer(command):
                    target = found["target"]
                    yield f"make {target}" if target else found["script"] or found["own"]


def uses(place: dict[str, Any]) -> Iterator[str]:
    """Name what a job or a step uses of its own repository."""
    used = place.get("uses", "")
    if used.startswith("./"):
        yield used.removeprefix("./")


def expanded(command: str, job: dict[str, Any]) -> Iterator[str]:
    """Put every combination of a job's matrix into a command."""
    matrix = job.get("strategy", {}).get("matrix", {})
    for values in product(*matrix.values()):
        chosen = command
        for name, value in zip(matrix, values, strict=True):
            chosen = chosen.replace(f"${{{{ matrix.{name} }}}}", str(value))
        yield chosen
