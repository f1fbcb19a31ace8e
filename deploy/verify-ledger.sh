#!/bin/sh
# verify-ledger.sh LEDGER KEY CHECKPOINTS [--vault FOLDER]: a ledger held against its own checkpoints, and against a
# vault's log.
set -eu
ledger=$1 key=$2 checkpoints=$3
shift 3
for note in "$checkpoints"/*.checkpoint; do
    if [ -e "$note" ]; then set -- "$@" --checkpoint "$note"; fi
done
exec wayseal ledger verify "$ledger" --key "$key" --quiet "$@"
