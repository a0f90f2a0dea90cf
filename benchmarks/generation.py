"""Compare the generation of a project, hooks included, with that of a template of one file.

Both take turns, so that a busy machine slows both; CPU time includes that of all child processes.
Projects go where `make new` puts them, beside the template, and stay until the end: for some
minutes ext4 hands out no inode of a deleted file, so that thousands of deletions make every new
file nearby cost thirty times as much (0.9 ms instead of 0.03 ms). So let five minutes pass before
measuring again on the same disk.

    make bench
    make bench ARGS="--runs 25 --folder /dev/shm"
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

TEMPLATE = Path(__file__).resolve().parent.parent


def bare_template(folder: Path) -> Path:
    """Make the smallest template there can be."""
    (folder / "{{cookiecutter.project_slug}}").mkdir(parents=True)
    (folder / "{{cookiecutter.project_slug}}/README.md").write_text("{{cookiecutter.project_slug}}")
    (folder / "cookiecutter.json").write_text('{"project_slug": "bare"}')
    return folder


def generate(template: Path, folder: Path) -> float:
    """Generate a project somewhere in a folder and return the CPU-seconds that took."""
    out = tempfile.mkdtemp(dir=folder)
    command = [sys.executable, "-m", "cookiecutter", "--no-input", "--default-config"]
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run([*command, "--output-dir", out, template], check=True, capture_output=True)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11, help="runs of each (default: 11)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=TEMPLATE.parent,
        help="where to generate (default: %(default)s)",
    )
    options = parser.parse_args()
    runs = options.runs
    with tempfile.TemporaryDirectory(prefix="benchmark-", dir=options.folder) as temporary:
        folder = Path(temporary)
        templates = {"one file": bare_template(folder / "bare"), "this template": TEMPLATE}
        seconds: dict[str, list[float]] = {name: [] for name in templates}
        for _ in range(runs):
            for name, template in templates.items():
                seconds[name].append(generate(template, folder))
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    print(f"CPU-seconds to generate a project, median (least) of {runs} alternating runs")
    print(f"in {options.folder}\n")
    for name, median in medians.items():
        print(f"  {name:14} {median:5.2f} ({min(seconds[name]):.2f})")
    print(f"  {'ratio':14} {medians['this template'] / medians['one file']:5.2f}")


if __name__ == "__main__":
    main()
