#!/bin/sh
# scripts/try_wheel.sh WHEEL LOCK: installs a wheel in a venv of its own, in this folder, and does the main job with it.
set -eu
wheel=$1 lock=$2
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps "$wheel"
venv/bin/wayseal demo --quiet demo >/dev/null
venv/bin/wayseal show demo/ledger --lang zh >/dev/null
# What an extra brings is named by the command that needs it.
if venv/bin/wayseal vault status nothing 2>missing; then
    echo "wayseal: the vault's commands ran without their packages" >&2
    exit 1
fi
grep -q "wayseal\[vault\]" missing
