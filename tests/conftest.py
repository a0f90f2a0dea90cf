"""What all tiers share: a test carries the marker of the folder it is in."""

import argparse
import re
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.matrix.gates import gates, steps
from tests.matrix.progress import Progress
from tests.projects import PROJECTS

TESTS = Path(__file__).parent


def shard(option: str) -> slice:
    """Return which tests are those of a shard: one of every so many; neighbours cost much alike.

    Raises:
        argparse.ArgumentTypeError: The option names no shard.
    """
    match = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", option)
    first, step = map(int, match.groups()) if match else (1, 0)
    if first > step:
        raise argparse.ArgumentTypeError(f"{option}: give a number of as many, such as 1/4")
    return slice(first - 1, None, step)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the matrix."""
    group = parser.getgroup("matrix")
    group.addoption(
        "--no-reuse",
        action="store_true",
        help="take every project through every gate, also where that is known to be the same work",
    )
    group.addoption(
        "--shard",
        metavar="I/N",
        type=shard,
        default="1/1",
        help="run only the I-th of N equal parts of the chosen tests",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Show how far the matrix has come, in the process that hands out the tests."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(config))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of every step."""
    if "step" in metafunc.fixturenames:
        reuse = not metafunc.config.getoption("no_reuse")
        metafunc.parametrize("step", steps(reuse=reuse), ids=str)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """Mark every test with its tier, before `-m` selects by it; keep the shard's of those left."""
    for item in items:
        item.add_marker(item.path.relative_to(TESTS).parts[0])
    yield
    kept = items[config.getoption("shard")]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_report_header() -> str:
    """Say how much work the matrix shares."""
    every = sum(len(gates(name)) for name in PROJECTS)
    return f"matrix: {len(PROJECTS)} projects: {len(steps())} distinct steps of {every}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests have recorded."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(str(value))
