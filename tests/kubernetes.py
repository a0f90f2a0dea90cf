"""What a project's `infra/k8s` makes, as kubectl itself puts it together."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.projects import PROJECTS
from tests.rendering import Tree, render, write

ENVIRONMENTS = ("production", "staging")
IMAGE = "registry.example.com/shop@sha256:" + "0" * 64
FOLDER = "infra/k8s"
CUSTOM = {"argoproj.io", "external-secrets.io", "gateway.networking.k8s.io"}
"""The groups of kinds that Kubernetes does not bring along."""
PROJECTS_ON_KUBERNETES = [name for name in PROJECTS if PROJECTS[name]["use_k8s_hpa"]]

type Manifest = dict[str, Any]


def shell() -> dict[str, str]:
    """Return the variables of a shell that has kubectl, and knows which image to deploy."""
    tools = Path(sys.executable).parent
    return os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "APP_IMAGE": IMAGE}


def build(folder: Path, environment: str) -> str:
    """Let a project's script render the manifests of an environment.

    Raises:
        RuntimeError: It failed; the message is what it said.
    """
    done = subprocess.run(
        ["sh", f"{FOLDER}/render.sh", environment],
        cwd=folder,
        env=shell(),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


def manifests(project: str = "default", environment: str = "production") -> list[Manifest]:
    """Return the manifests of a project; those of projects with the same files are made once."""
    tree = render(PROJECTS[project])
    read = {path: content for path, content in tree.items() if path.startswith("infra/")}
    return _build(frozenset(read.items()), environment)


@cache
def _build(files: frozenset[tuple[str, bytes]], environment: str) -> list[Manifest]:
    tree: Tree = dict(files)
    with tempfile.TemporaryDirectory() as folder:
        write(tree, Path(folder))
        text = build(Path(folder), environment)
    # A parser in C, five times as fast.
    return list(yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def find(manifests: list[Manifest], kind: str, name: str = "") -> Manifest:
    """Return the one manifest of a kind, or of a kind and name."""
    (found,) = [
        manifest
        for manifest in manifests
        if manifest["kind"] == kind and name in {"", manifest["metadata"]["name"]}
    ]
    return found


def of_kind(manifests: list[Manifest], *kinds: str) -> dict[str, Manifest]:
    """Return all manifests of some kinds, by name."""
    return {
        manifest["metadata"]["name"]: manifest
        for manifest in manifests
        if manifest["kind"] in kinds
    }


def is_custom(manifest: Manifest) -> bool:
    """Tell whether Kubernetes itself knows the kind."""
    return manifest["apiVersion"].partition("/")[0] in CUSTOM


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    """Return the templates of all pods, by the name of what runs them."""
    running = of_kind(manifests, "Deployment", "Job", "StatefulSet")
    return {name: manifest["spec"]["template"] for name, manifest in running.items()}


def container(template: Manifest) -> Manifest:
    """Return the only container of a pod."""
    (only,) = template["spec"]["containers"]
    return dict(only)


def config(manifests: list[Manifest], name: str = "app") -> dict[str, str]:
    """Return what a ConfigMap holds; its name ends in a digest of that."""
    (found,) = [
        data["data"]
        for full, data in of_kind(manifests, "ConfigMap").items()
        if re.fullmatch(f"{name}-[a-z0-9]{{10}}", full)
    ]
    return dict(found)


def walk(value: object) -> Iterator[dict[str, Any]]:
    """Yield every mapping in a value, from the outside in."""
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else ():
        yield from walk(part)
    for part in value if isinstance(value, list) else ():
        yield from walk(part)
