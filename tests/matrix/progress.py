"""What the matrix has done, is doing and will do: told while it runs, and summed up at the end."""

import shutil
import time
from collections import Counter, defaultdict
from statistics import mean

import pytest

from tests.matrix.gates import Step, steps

TEST = "tests/matrix/test_gates.py::test_a_project_passes_its_gates"
# Where pytest keeps how long a step of each gate took, in seconds.
REMEMBERED = "matrix/seconds"
BAR = 20


def command(nodeid: str, *options: str) -> str:
    """Return what to type in order to run a test once more."""
    return f"""make matrix ARGS="{" ".join([*options, f"'{nodeid}'"])}\""""


class Progress:
    """A plugin of pytest, in the process that hands out the tests."""

    def __init__(self, config: pytest.Config) -> None:
        """Prepare to count.

        Args:
            config: The configuration of the run.
        """
        self.config = config
        self.steps: dict[str, Step] = {}
        self.started: dict[str, float] = {}
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count the steps of this process."""
        self._count([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Count the steps that other processes have found."""
        self._count(ids)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Show what begins."""
        if nodeid in self.steps:
            self.started[nodeid] = time.monotonic()
            self._show()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Show what is done."""
        if report.failed and "matrix" in report.keywords:
            self.failed.append(report.nodeid)
        if report.nodeid in self.started and report.when == "teardown":
            began = self.started.pop(report.nodeid)
            self.seconds[report.nodeid] = time.monotonic() - began
            self._show(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Show no dot for a step that is shown already."""
        shown = report.passed and report.nodeid in self.steps
        return ("passed" if report.when == "call" else "", "", "") if shown else None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Sum up by gate, and say how to run again what failed."""
        if self.seconds:
            self._sum_up(terminalreporter)
        options = ["--no-reuse"] if self.config.getoption("no_reuse") else []
        for nodeid in dict.fromkeys(self.failed):
            terminalreporter.line(f"failed, again with: {command(nodeid, *options)}")

    def _sum_up(self, terminalreporter: pytest.TerminalReporter) -> None:
        rows: dict[str, list[str]] = defaultdict(list)
        for nodeid in self.seconds:
            rows[self.steps[nodeid].gate.name].append(nodeid)
        remembered = self.config.cache
        if remembered and not self.failed:
            means = {gate: self._mean(ids) for gate, ids in rows.items()}
            remembered.set(REMEMBERED, remembered.get(REMEMBERED, {}) | means)
        terminalreporter.section("matrix")
        line = "{:22} {:>8} {:>8} {:>8} {:>8}".format
        terminalreporter.line(line("gate", "projects", "steps", "reused", "seconds"))
        for gate, ids in {**rows, "all": list(self.seconds)}.items():
            projects = sum(len(self.steps[nodeid].projects) for nodeid in ids)
            seconds = sum(self.seconds[nodeid] for nodeid in ids)
            numbers = projects, len(ids), projects - len(ids), f"{seconds:.1f}"
            terminalreporter.line(line(gate, *numbers))

    def _count(self, ids: list[str]) -> None:
        reuse = not self.config.getoption("no_reuse")
        known = {f"{TEST}[{step}]": step for step in steps(reuse=reuse)}
        self.steps |= {nodeid: known[nodeid] for nodeid in ids if nodeid in known}

    def _mean(self, ids: list[str]) -> float:
        return mean(self.seconds[nodeid] for nodeid in ids)

    def _show(self, finished: str = "") -> None:
        terminal = self.config.pluginmanager.get_plugin("terminalreporter")
        if not terminal or terminal.verbosity < 0:
            return
        done, every = len(self.seconds), len(self.steps)
        bar = ("=" * (done * BAR // every)).ljust(BAR, ".")
        left = self._seconds_left()
        status = f"[{bar}] {done}/{every}" + ("" if left is None else f", {left / 60:.1f} min left")
        if terminal.isatty:
            running = " | ".join(str(self.steps[nodeid]) for nodeid in self.started)
            terminal.rewrite(
                f"{status}: {running}"[: shutil.get_terminal_size().columns - 1], erase=True
            )
        elif finished:
            same = len(self.steps[finished].projects) - 1
            reused = f" (for {same} more)" if same else ""
            seconds = f"{self.seconds[finished]:.1f} s"
            terminal.ensure_newline()
            terminal.write_line(f"{status}: {self.steps[finished]}{reused}, {seconds}")

    def _seconds_left(self) -> float | None:
        """Guess from this run and the one before, once every gate has been gone through."""
        cache = self.config.cache
        remembered: dict[str, float] = cache.get(REMEMBERED, {}) if cache else {}
        took: dict[str, list[float]] = defaultdict(list)
        for nodeid, seconds in self.seconds.items():
            took[self.steps[nodeid].gate.name].append(seconds)
        expected = remembered | {gate: mean(seconds) for gate, seconds in took.items()}
        left = Counter(self.steps[nodeid].gate.name for nodeid in self.steps.keys() - self.seconds)
        if not left.keys() <= expected.keys():
            return None
        work = sum(expected[gate] * count for gate, count in left.items())
        now = time.monotonic()
        spent = sum(now - began for began in self.started.values())
        workers = len(self.config.getoption("tx", None) or [""])
        return max(work - spent, 0) / workers
