"""Looking at every project stays cheap."""

import subprocess
import sys

from tests.rendering import TEMPLATE

# CPU-seconds, reading and compiling the template included. It takes half of that on a busy machine.
LIMIT = 1.0
PROGRAM = """
import time
from tests import rendering
from tests.projects import PROJECTS

began = time.process_time()
files = sum(len(rendering.render(answers)) for answers in PROJECTS.values())
assert files > 300 * len(PROJECTS)
print(time.process_time() - began)
"""


def test_all_projects_are_rendered_within_a_second() -> None:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=TEMPLATE, check=True, capture_output=True, text=True)
    assert float(done.stdout) < LIMIT
