"""Starting this project's programs as an operating system does: with the variables it is given."""

import os
import subprocess
import sys

from config.environment import BASE_DIR

INHERITED = ("PATH", "HOME", "LANG", "SYSTEMROOT", "PYTHONDONTWRITEBYTECODE")


def python(entry_point: str, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run Python with these settings and variables, and no others of ours.

    Args:
        entry_point: The module in `config.settings`.
        arguments: What follows the name of the interpreter.
        variables: What is set.

    Returns:
        The exit status, and what was printed.
    """
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    module = {"DJANGO_SETTINGS_MODULE": f"config.settings.{entry_point}"}
    finished = subprocess.run(  # noqa: S603 - this project's own program
        [sys.executable, *arguments],
        cwd=BASE_DIR,
        env=inherited | module | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout + finished.stderr
