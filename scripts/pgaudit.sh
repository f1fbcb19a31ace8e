#!/bin/sh
# PostgreSQL with pgaudit, whose log a test reads; the test starts a server of its own, so no cluster is made here.
# Does nothing where it is installed, or where only root could install it (the test says then what is missing).
set -eu
there() { ls /usr/lib/postgresql/*/lib/pgaudit.so >/dev/null 2>&1; }
if there || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then exit 0; fi
mkdir -p /etc/postgresql-common/createcluster.d
echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/wayseal.conf
apt-get update -qq
package=$(apt-cache search --names-only '^postgresql-[0-9]+-pgaudit$' | cut -d ' ' -f 1 | sort -V | tail -n 1)
if [ -z "$package" ]; then exit 0; fi
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$package" >/dev/null
