#!/bin/sh
# Makes .venv from the hashed locks: `scripts/setup.sh core`, `server` (core and server) or `dev` (all three).
# Does nothing when the locks have not changed since. What is missing is said in one line with its cure.
set -eu
cd "$(dirname "$0")/.."

say() { printf 'wayseal: %s\n' "$*" >&2; }
fits() { "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; }

pick_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if command -v "$name" >/dev/null && fits "$name"; then
            echo "$name"
            return
        fi
    done
    say "Python 3.11 or newer is needed and none was found; install it, or name one: PYTHON=/path/to/python3 make ..."
    exit 1
}

if [ ! -x .venv/bin/python ] || ! fits .venv/bin/python; then
    python=$(pick_python)
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        say "$python has no venv module; install it (Debian and Ubuntu: apt install python3-venv) and run this again"
        exit 1
    fi
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi

install() {
    lock=requirements/$1.txt
    stamp=.venv/.installed-$1
    if cmp -s "$lock" "$stamp"; then return; fi
    say "installing $lock"
    if command -v uv >/dev/null; then
        uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock"
    else
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
    fi
    cp "$lock" "$stamp"
}

install core
if [ "${1:-core}" != core ]; then install server; fi
if [ "${1:-core}" = dev ]; then install dev; fi
if ! cmp -s pyproject.toml .venv/.installed-wayseal; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    cp pyproject.toml .venv/.installed-wayseal
fi
