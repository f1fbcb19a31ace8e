#!/bin/sh
# rehearse.sh MAIN KEYS ERASED SCRATCH: the newest backup of each set restored into a folder of its own,
# as it would be if the machine were gone, and every entry and record verified. WAYSEAL_KEYRING_FILE names the keyring.
set -eu
main=$1 keys=$2 erased=$3 scratch=$4
newest() { ls -d "$1"/*"$2" | tail -n 1; }
trap 'rm -rf "$scratch"' EXIT
rm -rf "$scratch"
mkdir -m 700 "$scratch"
printf '%s\n' 'database = "sqlite:///main.db"' 'key_database = "sqlite:///keys.db"' 'log_memory = "log.seen"' \
    > "$scratch/wayseal.toml"
list=$(newest "$erased" .jsonl)
for set in main keys; do
    case $set in main) place=$main ;; keys) place=$keys ;; esac
    backup=$(newest "$place" /manifest.json)
    wayseal vault restore "$set" "${backup%/manifest.json}" --vault "$scratch" --erased "$list" --quiet
done
wayseal vault verify --vault "$scratch" --quiet
