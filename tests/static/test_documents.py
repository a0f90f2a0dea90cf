"""What the documents say is true."""

import json
import re
from pathlib import Path

import pytest

from tests.rendering import PROJECT, TEMPLATE, answers, render

QUESTIONS = json.loads((TEMPLATE / "cookiecutter.json").read_text("utf-8"))
README = (TEMPLATE / "README.md").read_text("utf-8")
DOCUMENTS = {
    root: [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    for root in (TEMPLATE, PROJECT)
}
ROOTS = pytest.mark.parametrize("root", [TEMPLATE, PROJECT], ids=["template", "project"])

OPTION = re.compile(r"^\| `(\w+)` \| (.*?) \| (.*?) ?\|$", re.MULTILINE)
CODE = re.compile(r"`[^`\n]+`|^ {4}.*", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
BRANCH = re.compile(r"^ {4}([│ ]*)[├└]── (\S+)", re.MULTILINE)


def targets(makefile: str) -> list[str]:
    """List the targets that a Makefile explains."""
    return re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)


def test_the_options_are_the_questions() -> None:
    options = {field: (default, other) for field, default, other in OPTION.findall(README)}
    assert list(options) == [field for field in QUESTIONS if not field.startswith("_")]
    for field, (default, other) in options.items():
        question = QUESTIONS[field]
        if isinstance(question, list):
            assert (default, other) == (question[0], ", ".join(question[1:]))
        elif isinstance(question, bool):
            assert default == ("yes" if question else "no")
        elif "{{" not in question:
            assert default == question


def test_the_tree_is_what_is_generated() -> None:
    tree = {*render(answers()), ".cruft.json"}
    folders: list[str] = []
    for indent, name in BRANCH.findall(README):
        folders[len(indent) // 4 :] = [name]
        path = "".join(folders)
        assert any(file.startswith(path) for file in tree), path


@ROOTS
def test_every_target_is_explained_and_phony(root: Path) -> None:
    makefile = (root / "Makefile").read_text("utf-8")
    phony = " ".join(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)).split()
    assert re.findall(r"^([a-z]+):", makefile, re.MULTILINE) == targets(makefile)
    assert sorted(targets(makefile)) == sorted(phony)


def test_the_readme_of_a_project_has_every_target() -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    told = set(re.findall(r"^\| .*?\|", readme, re.MULTILINE))
    for target in targets((PROJECT / "Makefile").read_text("utf-8")):
        assert target == "help" or any(f"`make {target}`" in cell for cell in told), target


@ROOTS
def test_every_make_command_in_a_document_exists(root: Path) -> None:
    makefiles = [(folder / "Makefile").read_text("utf-8") for folder in (root, PROJECT)]
    known = {target for makefile in makefiles for target in targets(makefile)}
    for document in DOCUMENTS[root]:
        code = "\n".join(CODE.findall(document.read_text("utf-8")))
        assert set(re.findall(r"\bmake ([a-z]+)", code)) <= known, document


@ROOTS
def test_every_link_between_documents_leads_somewhere(root: Path) -> None:
    for document in DOCUMENTS[root]:
        for link in LINK.findall(document.read_text("utf-8")):
            assert (document.parent / link).exists(), f"{document}: {link}"
