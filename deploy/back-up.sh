#!/bin/sh
# back-up.sh MAIN KEYS ERASED: a backup of each set of a vault, named after the moment, and the list of what was erased.
# Main first: so each record in it has its key in the other.
set -eu
main=$1 keys=$2 erased=$3
at=$(date -u +%Y-%m-%dT%H%M%SZ)
wayseal vault backup main "$main/$at" --quiet
wayseal vault backup keys "$keys/$at" --quiet
wayseal vault erased --out "$erased/$at.jsonl"
