"""What is rendered: the same as cookiecutter's own, well-formed, and without scars."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.projects import PROJECTS
from tests.rendering import Answers, answers, render, sources, write
from tests.static.conftest import Bake

pytestmark = pytest.mark.matrix

RENDERED = {source.path for source in sources() if source.template}
ADDED_BY_THE_HOOK = {".cruft.json", ".env"}
SCARS = {
    "more than two blank lines": re.compile(rb"\n\n\n\n"),
    "a blank line at the start": re.compile(rb"\A\n"),
    "a blank line at the end": re.compile(rb"\n\n\Z"),
    "no line end at the end": re.compile(rb"[^\n]\Z"),
    "a space at the end of a line": re.compile(rb"(?<!^--)[ \t]$", re.MULTILINE),
    "the name of the generator": re.compile(rb"cookiecutter", re.IGNORECASE),
}
PARSERS: dict[str, Callable[[bytes], object]] = {
    ".py": ast.parse,
    ".toml": lambda content: tomllib.loads(content.decode()),
    ".json": json.loads,
    ".yaml": lambda content: list(yaml.safe_load_all(content)),
    ".yml": lambda content: list(yaml.safe_load_all(content)),
}
TAG = re.compile(rb"\{\{|\{%|\{#|^\s*#\s*%", re.MULTILINE)


@cache
def parse(suffix: str, content: bytes) -> None:
    """Read a file as its name says, once for all projects that have it."""
    PARSERS.get(suffix, bytes)(content)


@pytest.fixture(params=PROJECTS)
def project(request: pytest.FixtureRequest) -> Answers:
    """The answers of one project."""
    return PROJECTS[request.param]


@pytest.mark.parametrize("name", PROJECTS)
def test_rendering_in_memory_equals_cookiecutter(name: str, bake: Bake) -> None:
    given = PROJECTS[name]
    folder = bake(**given)
    listed = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    baked = {path.as_posix() for path in listed if path.parts[0] != ".git"} - ADDED_BY_THE_HOOK
    tree = render(given)
    assert set(tree) == baked
    assert [path for path in tree if tree[path] != (folder / path).read_bytes()] == []


def test_no_scars_are_left(project: Answers) -> None:
    scars = [
        f"{path}: {scar}"
        for path, content in render(project).items()
        if b"\0" not in content
        for scar, pattern in SCARS.items()
        if pattern.search(content)
    ]
    assert scars == []


def test_no_tags_are_left(project: Answers) -> None:
    tree = render(project)
    assert [path for path in RENDERED & set(tree) if TAG.search(tree[path])] == []


def test_every_file_is_what_its_name_says(project: Answers) -> None:
    for path, content in render(project).items():
        parse(Path(path).suffix, content)


def test_shell_scripts_parse(project: Answers, tmp_path: Path) -> None:
    tree = {path: content for path, content in render(project).items() if path.endswith(".sh")}
    write(tree, tmp_path)
    for path in tree:
        subprocess.run(["sh", "-n", path], cwd=tmp_path, check=True)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("MIT", "MIT License"),
        ("BSD-3-Clause", "Neither the name of the copyright holder"),
        ("Apache-2.0", "Apache License"),
        ("LicenseRef-Proprietary", "All rights reserved"),
    ],
)
def test_the_licence_is_the_chosen_one_and_names_the_author(choice: str, words: str) -> None:
    tree = render(answers(open_source_license=choice, author_name="Ada"))
    licence = tree["LICENSE"].decode()
    assert words in licence
    assert re.search(r"(?i)copyright (\(c\) )?20\d\d,? Ada", licence)
    assert tomllib.loads(tree["pyproject.toml"].decode())["project"]["license"] == choice
