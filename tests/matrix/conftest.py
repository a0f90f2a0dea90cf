"""Fixtures of the matrix."""

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where one project after the other is put."""
    return tmp_path_factory.mktemp("matrix") / "project"
