"""Run cookiecutter so that the last words on the screen are those the user can act on.

Cookiecutter logs a traceback after a hook has refused the answers, and raises one when an answer
on the command line is none of the choices.
"""

import logging
import sys

from cookiecutter.cli import main
from jinja2 import TemplateError

logging.getLogger("cookiecutter.hooks").disabled = True
try:
    main()
except (TemplateError, ValueError) as error:
    sys.exit(f"\nNothing was generated. {error}")
