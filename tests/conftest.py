"""What all tiers share: a test carries the marker of the folder it is in."""

from pathlib import Path

import pytest

from tests.matrix.gates import gates, steps
from tests.projects import PROJECTS

TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test with its tier, before `-m` selects by it."""
    for item in items:
        item.add_marker(item.path.relative_to(TESTS).parts[0])


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
