"""Every project passes its own gates, and every gate stops a project that should not pass."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.environments import alone_in, environment_for
from tests.matrix.gates import Step, gates, run, similar
from tests.projects import PROJECTS
from tests.rendering import TEMPLATE, render

CACHES = TEMPLATE / ".cache/matrix"

# Gate -> a file, what to replace by what in it, and what the gate then says.
MISTAKES = {
    "ruff format": ("manage.py", "sys.argv", "sys . argv", "would be reformatted"),
    "ruff check": ("manage.py", "import sys", "import json\nimport sys", "F401"),
    "mypy": ("config/urls.py", "urlpatterns = [", "urlpatterns: int = [", "Incompatible types"),
    "lint-imports": ("apps/common/ids.py", "import ", "import apps.orders\nimport ", "BROKEN"),
    "check --deploy": ("config/settings/production.py", "= False", "= True", "security.W018"),
    "makemigrations": ("apps/orders/models.py", "max_length=", "max_length=1", "Alter field"),
    "zdm": ("apps/orders/migrations/0001_initial.py", "CreateModel", "DeleteModel", "R019"),
    "api_v2": (
        "apps/common/async_ninja/openapi.py",
        '"description": ',
        '"describes": ',
        "describes",
    ),
    "manage.py spectacular": (
        "config/settings/api.py",
        "apps.common.openapi",
        "rest_framework.schemas",
        "",
    ),
}


@pytest.fixture
def caches(step: Step) -> Iterator[Path | None]:
    """What a tool has found out about similar projects, and checks before it relies on it."""
    # What reads files of every kind runs the project, and finds out nothing to keep.
    if step.gate.kinds == ("",):
        yield None
        return
    with alone_in(CACHES / similar(step.projects[0])) as folder:
        yield folder


def test_a_project_passes_its_gates(
    request: pytest.FixtureRequest, step: Step, folder: Path, caches: Path | None
) -> None:
    name = step.projects[0]
    # What a gate reads decides nothing where every project goes through it.
    watched = not request.config.getoption("no_reuse")
    tree = render(PROJECTS[name])
    done = run(step.gate, tree, folder, environment_for(name), caches, watched=watched)
    if done.returncode:
        pytest.fail(f"{step}\n{done.stdout}{done.stderr}", pytrace=False)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_gate_stops_a_mistake(name: str, tmp_path: Path) -> None:
    (gate,) = [gate for gate in gates() if name in gate.command]
    path, right, wrong, complaint = MISTAKES[name]
    tree = render(PROJECTS["default"])
    spoilt = tree[path].decode().replace(right, wrong, 1).encode()
    assert spoilt != tree[path]
    with alone_in(CACHES / similar("default")) as caches:
        environment = environment_for("default")
        done = run(gate, {**tree, path: spoilt}, tmp_path / "project", environment, caches)
    assert done.returncode != 0
    assert complaint in done.stdout + done.stderr


def test_a_gate_that_reads_what_its_key_leaves_out_is_noticed(tmp_path: Path) -> None:
    (gate,) = [gate for gate in gates() if gate.name == "pytest of tests"]
    reader = (
        b"from pathlib import Path\ndef test(): assert Path('infra/postgres/roles.sql').read_text()"
    )
    command = gate.command.replace("pytest tests", "pytest tests/test_reader.py")
    tree = {**render(PROJECTS["default"]), "tests/test_reader.py": reader}
    done = run(
        replace(gate, command=command), tree, tmp_path / "project", environment_for("default")
    )
    assert "1 passed" in done.stdout
    assert done.returncode != 0
    assert "infra/postgres/roles.sql" in done.stderr
