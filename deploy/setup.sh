#!/bin/sh
# Makes .venv and node_modules from the locks. Quiet and quick when nothing has changed since the last time.
# PYTHON=… names the interpreter; otherwise the first python3 of 3.11 or newer on PATH is taken.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "set-up: $*" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer found${PYTHON:+ as $PYTHON}: install one, or name it with PYTHON=/path/to/python3"
}

if [ -x .venv/bin/python ] && new_enough .venv/bin/python; then
    python=.venv/bin/python
else
    python=$(find_python)
fi
stamp=.venv/.set-up
now=$(cat requirements.lock pyproject.toml package-lock.json deploy/setup.sh | cksum; pwd)
if [ -f "$stamp" ] && [ "$now" = "$(cat "$stamp")" ] && [ -d node_modules ]; then
    exit 0
fi

if [ "$python" != .venv/bin/python ]; then
    echo "set-up: making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv >/dev/null ||
        fail "$python cannot make a virtual environment: install its venv module (Debian: apt-get install python3-venv)"
fi
echo "set-up: installing the locked packages"
pip() {
    .venv/bin/python -m pip --disable-pip-version-check --quiet "$@"
}
pip install --require-hashes -r requirements.lock || fail "the locked packages could not be installed (see above)"
pip install --no-deps -e . || fail "this project could not be installed (see above)"
.venv/bin/python -m deploy.local.assets || exit 1
printf '%s\n' "$now" >"$stamp"
echo "set-up: done"
