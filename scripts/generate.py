"""Run cookiecutter so that the last words on the screen are those the user can act on.

Cookiecutter ignores options that are none of its questions, logs a traceback after a hook has
refused the answers, and raises one for a choice that is not offered or a folder it cannot write to.
"""

import difflib
import json
import logging
import os
import sys
from pathlib import Path

from cookiecutter.cli import main
from jinja2 import TemplateError

QUESTIONS = Path(__file__).resolve().parent.parent / "cookiecutter.json"


def unknown_options(arguments: list[str]) -> list[str]:
    """Say what is wrong with each `option=value` that answers no question."""
    questions = list(json.loads(QUESTIONS.read_text(encoding="utf-8")))
    complaints = []
    for option in (argument.partition("=")[0] for argument in arguments if "=" in argument):
        if not option.startswith("-") and option not in questions:
            similar = difflib.get_close_matches(option, questions, n=1)
            advice = f"Did you mean {similar[0]}?" if similar else "The README lists them all."
            complaints.append(f"There is no option {option!r}. {advice}")
    return complaints


if complaints := unknown_options(sys.argv[1:]):
    sys.exit("\n".join(["Nothing was generated.", *complaints]))
sys.argv[1:] = [os.path.expanduser(argument) for argument in sys.argv[1:]]
logging.getLogger("cookiecutter.hooks").disabled = True
try:
    main()
except (OSError, TemplateError, ValueError) as error:
    sys.exit(f"\nNothing was generated. {error}")
