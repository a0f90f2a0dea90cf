"""An engine for the tests of a module to share."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.container.engine import Engine, missing_packages


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """The engine; where there can be none, the reason why."""
    if missing := missing_packages():
        lacks = f"this machine lacks {' and '.join(missing)}"
        pytest.skip(f"{lacks}: apt-get install {' '.join(missing)}")
    if os.getuid() != 0:
        pytest.skip("only root can start a container engine")
    with ExitStack() as stack:
        try:
            running = stack.enter_context(Engine())
        except RuntimeError as error:
            pytest.skip(f"no container engine starts here: {error}")
        yield running
