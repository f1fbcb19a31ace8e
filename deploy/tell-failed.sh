#!/bin/sh
# tell-failed.sh UNIT NOTICES: tells each address of a file (docs/explanation/detection.md#notices) which unit failed, and how; without
# one nobody is told. Addresses hold secrets, so what Apprise says of them goes nowhere.
set -eu
unit=$1 notices=$2
grep -qve '^[[:space:]]*#' -e '^[[:space:]]*$' "$notices" || exit 0
code=${MONITOR_EXIT_STATUS:-?} host=$(uname -n)
apprise --config="$notices" --storage-mode=memory --title="Wayseal: $unit failed ($host)" \
    --body="$unit 在 $host 上失败，退出码 $code；详见 journalctl -u $unit
$unit failed on $host with exit code $code; see journalctl -u $unit" >/dev/null 2>&1
