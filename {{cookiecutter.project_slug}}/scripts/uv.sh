#!/bin/sh
# Runs uv on whatever machine this is: chooses a Python that can run the project, and installs uv privately into .uv/
# when the machine has none. Any Python 3 can install uv; the project itself needs 3.12 or later.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
pyenv=${PYENV_ROOT:-$HOME/.pyenv}/versions
wanted=$(cat "$root/.python-version")
# The base of a virtual environment rather than the environment itself, so that an active one changes nothing.
suitable='import sys; (3, 12) <= sys.version_info < (3, 15) and print(sys._base_executable)'

# A pyenv shim may be on the PATH and run nothing: so candidates are tried, and pyenv's own folder is searched as well.
# When none is suitable uv downloads one. UV_PYTHON, where it is set, is the user's choice.
for python in \
    "python$wanted" "$pyenv/$wanted".*/bin/python \
    python3.14 python3.13 python3.12 "$pyenv"/3.1[432].*/bin/python python3; do
    [ -z "${UV_PYTHON:-}" ] || break
    UV_PYTHON=$("$python" -c "$suitable" 2>/dev/null) || :
done
if [ -n "$UV_PYTHON" ]; then export UV_PYTHON; else unset UV_PYTHON; fi

uv=uv
if ! uv --version >/dev/null 2>&1; then
    uv=$root/.uv/bin/uv
    if [ ! -x "$uv" ]; then
        echo 'Installing uv into .uv/' >&2
        "${UV_PYTHON:-python3}" -m venv --clear "$root/.uv"
        "$root/.uv/bin/python" -m pip install --quiet --disable-pip-version-check uv
    fi
fi
# A company that inspects its traffic has its certificate in the system's store, not among those that uv brings along.
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
exec "$uv" "$@"
