#!/bin/sh
# Starts the PostgreSQL server that the tests speak with (127.0.0.1:5432) where Debian's packages have one that is down.
set -eu
if command -v pg_isready >/dev/null && pg_isready -q -h 127.0.0.1 -p 5432; then exit 0; fi
if ! command -v pg_lsclusters >/dev/null; then
    echo "wayseal: no PostgreSQL is installed (Debian: apt-get install postgresql); its tests will say so" >&2
    exit 0
fi
pg_lsclusters --no-header | while read -r version cluster port rest; do
    if [ "$port" = 5432 ]; then
        pg_ctlcluster --skip-systemctl-redirect "$version" "$cluster" start
    fi
done
