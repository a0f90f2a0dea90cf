"""What linters say of every Dockerfile, shell script and YAML file as it is rendered."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projects import PROJECTS
from tests.rendering import render

pytestmark = pytest.mark.matrix

BIN = Path(sys.executable).parent
YAML_RULES = """
extends: default
rules:
  comments: {min-spaces-from-content: 1}
  document-start: disable
  indentation: {indent-sequences: consistent}
  line-length: {max: 160}
  truthy: {check-keys: false}
"""
LINTERS = {
    "hadolint": ["hadolint", "--no-color"],
    "shellcheck": ["shellcheck"],
    "yamllint": ["yamllint", "--strict", "--config-data", YAML_RULES],
}
FILES = {
    "hadolint": re.compile(r"(^|/)Dockerfile$"),
    "shellcheck": re.compile(r"\.sh$"),
    "yamllint": re.compile(r"\.ya?ml$"),
}
MISTAKES = {
    "hadolint": ("Dockerfile", "FROM python\n", "DL3006"),
    "shellcheck": ("greet.sh", "#!/bin/sh\necho $1\n", "SC2086"),
    "yamllint": ("twice.yaml", "one: 1\none: 2\n", "duplication of key"),
}


def lint(linter: str, *files: Path) -> str:
    """Run a linter and return what it found."""
    program, *options = LINTERS[linter]
    command = [str(BIN / program), *options, *map(str, files)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.mark.parametrize("linter", LINTERS)
def test_linters_find_nothing(linter: str, tmp_path: Path) -> None:
    contents = {
        (path, content)
        for project in PROJECTS.values()
        for path, content in render(project).items()
        if FILES[linter].search(path)
    }
    files = [tmp_path / str(number) / path for number, (path, _) in enumerate(sorted(contents))]
    for file, (_, content) in zip(files, sorted(contents), strict=True):
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
    assert files
    assert lint(linter, *files) == ""


@pytest.mark.parametrize("linter", LINTERS)
def test_linters_find_a_mistake(linter: str, tmp_path: Path) -> None:
    name, content, finding = MISTAKES[linter]
    file = tmp_path / name
    file.write_text(content)
    assert finding in lint(linter, file)
