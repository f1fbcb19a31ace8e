#!/bin/sh
# scripts/try_wheel.sh LOCK WHEEL...: installs wheels in a venv of their own, in this folder, and does the main job.
set -eu
lock=$1
shift
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps "$@"
venv/bin/wayseal demo --quiet demo >/dev/null
venv/bin/wayseal show demo/ledger --lang zh >/dev/null
# What an extra brings is named by the command that needs it.
if venv/bin/wayseal vault status nothing 2>missing; then
    echo "wayseal: the vault's commands ran without their packages" >&2
    exit 1
fi
grep -q "WHEEL\[vault\]" missing
if venv/bin/wayseal serve console 2>missing; then
    echo "wayseal: the console ran without its packages" >&2
    exit 1
fi
grep -q "WHEEL\[console\]" missing
# The front end is in the wheel.
for name in bootstrap.min.css htmx.min.js; do
    ls venv/lib/python*/site-packages/wayseal/console/third_party/"$name" >/dev/null
done
# Proofs are checked without them.
waybill=$(sed -n 2p demo/leaks.csv | cut -d, -f1)
read=$(venv/bin/wayseal reads demo/ledger --waybill "$waybill" --format json | sed -n 's/.*"read": "\([0-9:]*\)".*/\1/p' | head -n 1)
venv/bin/wayseal ledger key new --out keeper.key >/dev/null
venv/bin/wayseal ledger checkpoint demo/ledger --key keeper.key --out today.checkpoint >/dev/null
venv/bin/wayseal ledger prove demo/ledger --read "$read" --checkpoint today.checkpoint --out read.proof >/dev/null
venv/bin/wayseal vault verify-proof read.proof --key keeper.key.pub >/dev/null
venv/bin/python -m wayseal.proofs read.proof --key keeper.key.pub >/dev/null
