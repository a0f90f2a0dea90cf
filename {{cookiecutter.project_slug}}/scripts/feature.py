#!/usr/bin/env python3
"""Switch a part of the project on or off: make feature NAME=use_otel ON=true.

The template's changes since the last update come along; your own stay, as with make update.
"""

import json
import subprocess
import sys
from pathlib import Path

UPDATE = ("sh", "scripts/uv.sh", "tool", "run", "cruft", "update", "--skip-apply-ask")
VALUES = {"true": True, "false": False}


def main(name: str, on: str) -> None:
    """Check what was asked for, then let cruft merge it.

    Args:
        name: The part, as the template calls it.
        on: Whether it is to be there: true or false.
    """
    record = json.loads(Path(".cruft.json").read_text("utf-8"))
    (answers,) = record["context"].values()
    parts = [field for field, answer in answers.items() if isinstance(answer, bool)]
    if name not in parts:
        sys.exit(f"There is no part {name!r}. Give as NAME one of {', '.join(parts)}.")
    if on not in VALUES:
        sys.exit(f"Give as ON true or false, not {on!r}.")
    if answers[name] is VALUES[on]:
        sys.exit(f"{name} is {on} already.")
    status = ("git", "status", "--porcelain")
    done = subprocess.run(status, check=True, capture_output=True, text=True)  # noqa: S603
    if done.stdout:
        sys.exit("Commit your work first, so that what changes can be told from it.")
    changes = json.dumps({name: VALUES[on]})
    update = (*UPDATE, "--variables-to-update", changes)
    sys.exit(subprocess.run(update, check=False).returncode)  # noqa: S603


if __name__ == "__main__":
    main(*sys.argv[1:])
