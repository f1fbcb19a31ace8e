#!/bin/sh
# verify.sh FOLDER: the vault's log, tables and records, held against every checkpoint in a folder.
set -eu
folder=$1
set --
for note in "$folder"/*.checkpoint; do
    if [ -e "$note" ]; then set -- "$@" --checkpoint "$note"; fi
done
exec wayseal vault verify --quiet "$@"
