"""Measure what the access line costs a request: masked, rendered, shipped or not.

Lines go to the null device, those of the contenders in turns. The yardstick is a line of the
standard library with the same content, which is neither structured nor masked.

    make bench NAME=logs
"""

import json
import subprocess
import tempfile
from pathlib import Path

from tests.environments import environment_for, shell_with
from tests.projects import PROJECTS
from tests.rendering import TEMPLATE, render, write

PROJECT = "default"
PROGRAM = ("-m", "benchmarks.peers.logs")


def main() -> None:
    """Print microseconds, and how many times as long as the yardstick that is."""
    environment = environment_for(PROJECT)
    variables = {
        "DJANGO_SETTINGS_MODULE": "config.settings.test_with_elk",
        "PYTHONPATH": str(TEMPLATE),
    }
    with tempfile.TemporaryDirectory() as folder:
        write(render(PROJECTS[PROJECT]), Path(folder))
        done = subprocess.run(
            [environment / "bin/python", *PROGRAM],
            cwd=folder,
            env=shell_with(environment) | variables,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    microseconds: dict[str, float] = json.loads(done.stdout)
    yardstick = next(iter(microseconds.values()))
    for name, each in microseconds.items():
        print(f"  {name:24}{each:6.1f} µs{each / yardstick:6.1f} x")


if __name__ == "__main__":
    main()
