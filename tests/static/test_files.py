"""The template's files as they are: real Python, real configuration, few tags, portable names."""

import ast
import re
import subprocess

import pytest

from hooks import pre_gen_project
from tests.rendering import PROJECT, TEMPLATE, sources, tracked

SOURCES = {source.path: source for source in sources()}
PYTHON = [path for path in SOURCES if path.endswith(".py")]
TAG = re.compile(rb"^\s*# % ", re.MULTILINE)
BLANK_AFTER_TAG = re.compile(rb"^\s*# % .*\n[ \t]*\n", re.MULTILINE)
BLOCK_TAG = re.compile(rb"\{%")
TAGS_PER_HUNDRED_LINES = 2
HASH_IS_A_COMMENT = re.compile(r"\.(conf|py|sh|toml|ya?ml)$|(^|/)(Dockerfile|Makefile)$")
ILLEGAL_ON_WINDOWS = re.compile(
    r'[<>:"|?*\\\x00-\x1f]|[. ](/|$)|(^|/)(aux|con|nul|prn|com\d|lpt\d)([./]|$)', re.IGNORECASE
)
LONGEST_PATH = 150
LONGEST_SLUG = pre_gen_project.MAX_LENGTH["project_slug"]


@pytest.mark.parametrize("command", ["format --check", "check"])
def test_the_project_folder_passes_ruff_unrendered(command: str) -> None:
    # The metadata are no valid pyproject.toml before the answers are in.
    flags = ["--no-cache", "--quiet", "--extend-exclude", "pyproject.toml"]
    ruff = ["ruff", *command.split(), *flags, str(PROJECT)]
    done = subprocess.run(ruff, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_python_file_parses_unrendered() -> None:
    for path in PYTHON:
        ast.parse(SOURCES[path].content, path)


def test_conditionals_are_comments_where_a_hash_begins_a_comment() -> None:
    checked = [path for path, source in SOURCES.items() if source.template]
    found = [path for path in checked if HASH_IS_A_COMMENT.search(path)]
    assert found
    assert [path for path in found if BLOCK_TAG.search(SOURCES[path].content)] == []


def test_blank_lines_go_before_a_tag_since_those_after_it_are_eaten() -> None:
    rendered = [path for path, source in SOURCES.items() if source.template]
    assert [path for path in rendered if BLANK_AFTER_TAG.search(SOURCES[path].content)] == []


def test_there_are_few_conditionals() -> None:
    lines = sum(SOURCES[path].content.count(b"\n") for path in PYTHON)
    tags = sum(len(TAG.findall(SOURCES[path].content)) for path in PYTHON)
    assert tags * 100 < TAGS_PER_HUNDRED_LINES * lines


def test_copied_files_ask_for_no_answer() -> None:
    copied = [path for path, source in SOURCES.items() if not source.template]
    assert [path for path in copied if b"cookiecutter" in SOURCES[path].content] == []


def test_no_file_is_rendered_in_vain() -> None:
    """Rendering takes ten times as long as copying: see `_copy_without_render`."""
    rendered = [path for path, source in SOURCES.items() if source.template]
    assert [path for path in rendered if not SOURCES[path].reads] == []


def test_names_work_on_every_system() -> None:
    assert [path for path in SOURCES if ILLEGAL_ON_WINDOWS.search(path)] == []
    assert [path for path in SOURCES if len(path) + 1 + LONGEST_SLUG >= LONGEST_PATH] == []


def test_no_two_names_differ_only_in_case() -> None:
    assert len({path.lower() for path in SOURCES}) == len(SOURCES)


def test_lines_end_the_same_way_everywhere() -> None:
    texts = {path: (TEMPLATE / path).read_bytes() for path in tracked(TEMPLATE)}
    assert [
        path for path, content in texts.items() if b"\r" in content and b"\0" not in content
    ] == []


def test_the_project_folder_holds_nothing_that_would_be_copied_by_mistake() -> None:
    """Cookiecutter copies what it finds; `git clean -fdX` removes what this finds."""
    command = ("git", "ls-files", "--others", "--ignored", "--exclude-standard", "--directory")
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["scripts/uv.sh", ".editorconfig"])
def test_template_and_project_share_what_they_have_in_common(name: str) -> None:
    assert (TEMPLATE / name).read_bytes() == (PROJECT / name).read_bytes()
    assert (TEMPLATE / name).stat().st_mode == (PROJECT / name).stat().st_mode
