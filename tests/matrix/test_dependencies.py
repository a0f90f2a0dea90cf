"""What a project declares is enough to run it, and to run its tests.

All other gates share environments that hold what every part needs. Here each part alone, and none,
gets an environment from the lock that the project itself makes: first what production installs, in
which everything is imported that any module of the project asks for, wherever it does; then the
rest, in which every test is imported and those run that take the longest ways through the project.
The other tests run the same code, which can miss nothing that was imported here.
"""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.environments import shell
from tests.matrix.gates import TESTS_OF_SETTINGS
from tests.projects import TOGGLES, combinations
from tests.rendering import Tree, answers, put, render

ALONE = {
    "none": list(combinations().values())[-1],
    **{name: answers(**{toggle: toggle == name for toggle in TOGGLES}) for name in TOGGLES},
}
OWN = ("apps", "config", "tests")
IMPORT = "import importlib; [importlib.import_module(name) for name in {names!r}]"
ENTRY_POINTS = tuple(Path(path).name for tests, _ in TESTS_OF_SETTINGS.values() for path in tests)
# All entry points are started; without any part, also the servers, and somebody buys.
LONG_WAYS = {
    "none": ("test_journey.py", *ENTRY_POINTS),
    **dict.fromkeys(TOGGLES, ENTRY_POINTS),
}


def imports(node: ast.AST) -> Iterator[str]:
    """Name what a node and those in it import while they run, wherever they do."""
    match node:
        case ast.Import():
            yield from (alias.name for alias in node.names)
        case ast.ImportFrom(module=str(module)):
            yield module
        case ast.If(test=ast.Name("TYPE_CHECKING")):
            return
    for child in ast.iter_child_nodes(node):
        yield from imports(child)


def asked_for(tree: Tree) -> list[str]:
    """Name the modules of others that the project's own modules import, tests aside."""
    names = {
        name
        for path, content in tree.items()
        if path.startswith(("apps/", "config/")) and path.endswith(".py") and "/tests/" not in path
        for name in imports(ast.parse(content))
    }
    return sorted(name for name in names if name.split(".")[0] not in OWN)


@pytest.mark.parametrize("name", ALONE)
def test_what_a_project_declares_is_enough(name: str, folder: Path) -> None:
    tree = render(ALONE[name])
    put(tree, folder)  # Which removes the environment of the project before.
    variables = shell() | {"PYTHONPYCACHEPREFIX": str(folder.with_suffix(".compiled"))}

    def run(*command: str) -> None:
        uv = ("sh", "scripts/uv.sh", *command)
        done = subprocess.run(
            uv, cwd=folder, env=variables, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    program = IMPORT.format(names=asked_for(tree))
    run("sync", "--no-dev", "--quiet")
    run("run", "--no-sync", *("python", "manage.py", "shell", "--no-imports", "-c", program))
    run("sync", "--locked", "--quiet")
    run("run", "--no-sync", *("pytest", "--quiet", "-k", " or ".join(LONG_WAYS[name])))
