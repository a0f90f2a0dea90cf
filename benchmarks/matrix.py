"""Measure what each gate of the matrix costs, and so the whole of it, with reuse and without.

Every distinct step is run once as `make matrix` runs it, and the first of each gate as
`make matrix ARGS=--no-reuse` does. CPU time includes that of all child processes, so that other
work on the machine matters little; the second column of the totals is an estimate, of as many
steps as there are projects.

    make bench NAME=matrix
    make bench NAME=matrix ARGS="--gate mypy"
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from tests.environments import environment_for
from tests.matrix.gates import Step, run, similar, steps
from tests.projects import PROJECTS
from tests.rendering import render


def cost(step: Step, folder: Path, caches: Path | None = None, *, watched: bool = True) -> float:
    """Run a step and return the CPU-seconds that took."""
    name = step.projects[0]
    environment = environment_for(name)
    tree = render(PROJECTS[name])
    before = getrusage(RUSAGE_CHILDREN)
    done = run(step.gate, tree, folder, environment, caches, watched=watched)
    after = getrusage(RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{step}\n{done.stdout}{done.stderr}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Print a row for each gate, and the totals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gate", help="measure this one only (default: all)")
    chosen = parser.parse_args().gate
    together: dict[str, list[Step]] = defaultdict(list)
    for step in steps():
        if chosen in {None, step.gate.name}:
            together[step.gate.name].append(step)
    row = "{:22} {:>8} {:>8} {:>12} {:>12}".format
    print("CPU-seconds of the matrix\n")
    print(row("gate", "projects", "steps", "with reuse", "without"), flush=True)
    totals = 0.0, 0.0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for gate, same in together.items():
            projects = sum(len(step.projects) for step in same)
            alone = cost(same[0], folder / f"alone {gate}", watched=False) * projects
            reused = sum(
                cost(step, folder / "project", folder / "caches" / similar(step.projects[0]))
                for step in same
            )
            totals = totals[0] + reused, totals[1] + alone
            numbers = f"{reused:.1f}", f"{alone:.1f}"
            print(row(gate, projects, len(same), *numbers), flush=True)
    print(row("all", "", "", *(f"{total:.1f}" for total in totals)))


if __name__ == "__main__":
    main()
