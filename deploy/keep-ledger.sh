#!/bin/sh
# keep-ledger.sh LEDGER KEY CHECKPOINTS BACKUP: a ledger signed, under the day's name, and copied.
set -eu
ledger=$1 key=$2 checkpoints=$3 backup=$4
wayseal ledger checkpoint "$ledger" --key "$key" --out "$checkpoints/$(date -u +%Y-%m-%d).checkpoint"
wayseal ledger backup "$ledger" "$backup" --quiet
