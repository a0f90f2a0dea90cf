"""Which tests are chosen: those of a folder, and of one machine of many."""

import subprocess
import sys

import pytest

from tests.rendering import TEMPLATE

FEW = ("-m", "matrix", "-k", "ruff and format")


def collect(*options: str) -> tuple[int, list[str], str]:
    """Return the exit status, the tests that would run, and what was complained of."""
    command = (sys.executable, "-m", "pytest", "--collect-only", "--quiet", "--numprocesses=0")
    done = subprocess.run(
        [*command, *options], cwd=TEMPLATE, check=False, capture_output=True, text=True
    )
    tests = [line for line in done.stdout.splitlines() if "::" in line]
    return done.returncode, tests, done.stderr


def test_a_shard_is_one_of_as_many_equal_parts() -> None:
    _, everything, _ = collect(*FEW)
    _, second, _ = collect(*FEW, "--shard", "2/3")
    assert len(everything) > 30
    assert second == everything[1::3]


@pytest.mark.parametrize("shard", ["4/3", "0/3", "1/0", "half"])
def test_a_shard_that_is_none_is_explained(shard: str) -> None:
    status, tests, complaint = collect(*FEW, "--shard", shard)
    assert (status, tests) == (pytest.ExitCode.USAGE_ERROR, [])
    assert f"argument --shard: {shard}: give a number of as many, such as 1/4" in complaint
