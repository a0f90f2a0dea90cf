"""Render projects in memory as cookiecutter does, each file once per tuple of answers it reads.

Sixty-four projects of a few hundred files then cost a few hundred renderings. A test compares the
result with a project that cookiecutter generated.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from binaryornot.check import is_binary
from cookiecutter.generate import generate_context, is_copy_only_path
from cookiecutter.prompt import prompt_for_config
from cookiecutter.utils import create_env_with_context
from jinja2 import Environment, FileSystemLoader, Template, nodes

from hooks.post_gen_project import FEATURE_PATHS

TEMPLATE = Path(__file__).resolve().parent.parent
PROJECT = TEMPLATE / "{{cookiecutter.project_slug}}"

type Answers = Mapping[str, str | bool]
type Tree = dict[str, bytes]
"""The files of a project: path with forward slashes -> content."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file of the template.

    Attributes:
        path: Where it lies in the project.
        content: What it holds, unrendered.
        template: How it renders; `None` when it is copied.
        reads: The answers it depends on.
        within: Its path, and those of the folders it is in.
    """

    path: str
    content: bytes
    template: Template | None = None
    reads: tuple[str, ...] = ()
    within: frozenset[str] = frozenset()


def answers(**given: str | bool) -> Answers:
    """Return an answer to every question: the given ones, else the defaults."""
    context = generate_context(str(TEMPLATE / "cookiecutter.json"), extra_context=given)
    return {
        field: value
        for field, value in prompt_for_config(context, no_input=True).items()
        if not field.startswith("_")
    }


def render(project: Answers) -> Tree:
    """Return the files of the project with these answers."""
    off = {path for toggle, paths in FEATURE_PATHS.items() if not project[toggle] for path in paths}
    return {
        source.path: filled_in(source, project)
        for source in sources()
        if off.isdisjoint(source.within)
    }


def write(tree: Tree, folder: Path) -> None:
    """Write the files of a project into a folder."""
    for path, content in tree.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def put(tree: Tree, folder: Path) -> None:
    """Make a folder hold the files of a project and nothing else, touching only what differs.

    A file's time tells its content, so that what Python and others have made of a file is used for
    every project that has the same file, and for no other.
    """
    parents = {parent for path in tree for parent in Path(path).parents}
    for root, folders, files in os.walk(folder):
        here = Path(root).relative_to(folder)
        for name in folders.copy():
            if name == "__pycache__" or here / name not in parents:
                folders.remove(name)
            if name != "__pycache__" and here / name not in parents:
                shutil.rmtree(folder / here / name)
        for name in files:
            if (here / name).as_posix() not in tree:
                (folder / here / name).unlink()
    for path, content in tree.items():
        file = folder / path
        if not file.exists() or file.read_bytes() != content:
            write({path: content}, folder)
        time = 10**9 + int.from_bytes(hashlib.sha256(content).digest()[:4]) // 8
        os.utime(file, (time, time))


@cache
def sources() -> tuple[Source, ...]:
    """Read the template's project folder."""
    return tuple(_source(path) for path in tracked(PROJECT))


def tracked(folder: Path) -> list[Path]:
    """List what git tracks in a folder, or would if it were added: no caches, no local state."""
    command = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    return [
        path
        for path in map(Path, sorted(set(filter(None, listed.split("\0")))))
        if (folder / path).is_file()
    ]


@cache
def _context() -> dict[str, dict[str, object]]:
    return {
        "cookiecutter": dict(generate_context(str(TEMPLATE / "cookiecutter.json"))["cookiecutter"])
    }


@cache
def _environment() -> Environment:
    environment = create_env_with_context(_context())
    environment.loader = FileSystemLoader([PROJECT, TEMPLATE / "templates"])
    return environment


def compiled(content: str) -> Template:
    """Compile a file of the template that is not written down."""
    return _environment().from_string(content)


def filled_in(source: Source, project: Answers) -> bytes:
    """Return what becomes of one file in the project with these answers."""
    return _render(source, tuple(project[field] for field in source.reads))


def _source(path: Path) -> Source:
    content = (PROJECT / path).read_bytes()
    within = frozenset([path.as_posix(), *(parent.as_posix() for parent in path.parents)])
    copied = any(is_copy_only_path(str(part), _context()) for part in (path, *path.parents))
    if copied or is_binary(str(PROJECT / path)):
        return Source(path=path.as_posix(), content=content, within=within)
    environment = _environment()
    return Source(
        path=path.as_posix(),
        content=content,
        template=environment.get_template(path.as_posix()),
        reads=_reads(environment.parse(content.decode())),
        within=within,
    )


def _reads(tree: nodes.Template) -> tuple[str, ...]:
    """Name the answers a file depends on; all of them when it includes other files."""
    if tree.find(nodes.Include):
        return tuple(answers())
    attributes = tree.find_all(nodes.Getattr)
    return tuple(
        sorted(
            {node.attr for node in attributes if node.node == nodes.Name("cookiecutter", "load")}
        )
    )


@cache
def _render(source: Source, values: tuple[str | bool, ...]) -> bytes:
    if source.template is None:
        return source.content
    # An answer that _reads has overlooked is undefined here, and an error.
    return source.template.render(
        cookiecutter=dict(zip(source.reads, values, strict=True))
    ).encode()
