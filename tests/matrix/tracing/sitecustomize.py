"""Writes down which files of a project its Python processes open; Python imports this by itself."""

import os
import sys
from pathlib import Path

FOLDER = os.environ["TRACED_FOLDER"] + os.sep
LOG = os.open(os.environ["TRACED_FILES"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
seen: set[str] = set()


def note(event: str, arguments: tuple[object, ...]) -> None:
    """Write down the path of a file that is opened for the first time."""
    if event != "open" or not isinstance(arguments[0], str | Path):
        return
    # Coverage looks at every file, if only to count its lines.
    opener = sys._getframe().f_back  # noqa: SLF001
    if opener and opener.f_globals.get("__name__", "").startswith("coverage."):
        return
    path = os.path.abspath(arguments[0])  # noqa: PTH100 - links are to stay what they are
    folder, compiled, name = path.partition(f"{os.sep}__pycache__{os.sep}")
    if compiled:
        path = os.path.join(folder, f"{name.partition('.')[0]}.py")  # noqa: PTH118 - much faster
    if path.startswith(FOLDER) and path not in seen:
        seen.add(path)
        os.write(LOG, f"{path.removeprefix(FOLDER)}\n".encode())


sys.addaudithook(note)
