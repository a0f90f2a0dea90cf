"""Every project passes its own gates: the commands of its `make lint`, `make check` and `make test`.

A project is rendered in memory. What two projects share is done once: a gate runs for one of all
the projects whose files, as far as the gate reads them, are the same.
"""

import hashlib
import json
import os
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from tests.rendering import PROJECT, TEMPLATE, Answers, Tree, answers, combinations, render, write
