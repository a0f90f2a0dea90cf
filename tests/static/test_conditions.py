"""Every condition of the template does what is written down, and a broken one is noticed."""

import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from hooks.post_gen_project import FEATURE_PATHS
from tests.mutants import Mutant, blocks, mutants
from tests.projects import PROJECTS
from tests.rendering import Answers, Tree, filled_in, render, sources
from tests.scars import WORDS, dangling, dependencies, leftovers, unread_settings

pytestmark = pytest.mark.matrix

type Rows = Iterable[tuple[str, str, bytes]]
"""Condition, path, and what the file says if the condition holds, and only then."""

CONDITIONS = {
    condition: {path: [mark.encode() for mark in marks] for path, marks in files.items()}
    for condition, files in tomllib.loads(
        (Path(__file__).parent / "conditions.toml").read_text("utf-8")
    ).items()
}


def holds(condition: str, answers: Answers) -> bool:
    """Work out a condition of the template."""
    return bool(eval(condition, {"__builtins__": {}}, dict(answers)))  # noqa: S307 - our own file


def wrong(path: str, content: bytes, answers: Answers) -> list[str]:
    """Name what a file lacks, or says too much."""
    return [
        f"{path}: {mark.decode()!r} if {condition}"
        for condition, files in CONDITIONS.items()
        for mark in files.get(path, ())
        if (mark in content) != holds(condition, answers)
    ]


def is_noticed(mutant: Mutant) -> bool:
    """Tell whether the wrong file shows in one project or another."""
    path = mutant.source.path
    return any(
        wrong(path, filled_in(mutant.source, answers), answers)
        for answers in PROJECTS.values()
        if path in render(answers)
    )


def test_every_condition_is_written_down() -> None:
    found = Counter(
        (condition.replace("cookiecutter.", ""), source.path)
        for source in sources()
        if source.template
        for _, _, condition in blocks(source.content.decode())
    )
    assert found == {
        (condition, path): len(marks)
        for condition, files in CONDITIONS.items()
        for path, marks in files.items()
    }


@pytest.mark.parametrize("name", PROJECTS)
def test_files_say_what_the_conditions_ask_for(name: str) -> None:
    tree = render(PROJECTS[name])
    assert [row for path in tree for row in wrong(path, tree[path], PROJECTS[name])] == []


def test_a_condition_that_is_ignored_is_noticed() -> None:
    """Of every block, whether it is there always or never."""
    broken = list(mutants())
    assert len(broken) > 100
    assert [str(mutant) for mutant in broken if not is_noticed(mutant)] == []


@pytest.mark.parametrize("name", PROJECTS)
def test_no_part_that_is_off_has_left_anything(name: str) -> None:
    tree = render(PROJECTS[name])
    assert leftovers(tree, PROJECTS[name]) == []
    assert dangling(tree) == []
    assert dependencies(tree) == []
    assert unread_settings(tree) == []


def test_every_part_has_words_that_tell_it() -> None:
    assert FEATURE_PATHS.keys() <= WORDS.keys()


@pytest.mark.parametrize(
    ("toggle", "path"),
    [(toggle, path) for toggle, paths in FEATURE_PATHS.items() for path in paths],
)
def test_a_file_that_is_not_removed_with_its_part_is_noticed(toggle: str, path: str) -> None:
    answers = {**PROJECTS["default"], toggle: False}
    stays: Tree = {
        source.path: filled_in(source, answers) for source in sources() if path in source.within
    }
    tree = {**render(answers), **stays}
    assert [*leftovers(stays, answers), *dangling(tree)]


def test_mistakes_are_noticed() -> None:
    tree = render(PROJECTS["default"])
    reference = {**tree, "README.md": tree["README.md"] + b"\nSee `docs/nothing.md`.\n"}
    assert dangling(reference) == ["README.md refers to docs/nothing.md"]
    module = {**tree, "config/urls.py": tree["config/urls.py"] + b"\nimport apps.nothing\n"}
    assert dangling(module) == ["config/urls.py refers to apps.nothing"]
    setting = {**tree, "config/settings/tasks.py": b"NOBODY_ASKS = 1\n"}
    assert "config/settings/tasks.py: NOBODY_ASKS" in unread_settings(setting)
    metadata = tree["pyproject.toml"].replace(b'"argon2-cffi', b'"colorama>=1",\n    "argon2-cffi')
    assert dependencies({**tree, "pyproject.toml": metadata}) == ["colorama is not used"]
