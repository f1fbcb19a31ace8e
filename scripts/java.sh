#!/bin/sh
# Installs Debian's Java, on which tests start Spark, where it is missing and that can be done.
set -eu
if command -v java >/dev/null || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then exit 0; fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends default-jre-headless >/dev/null
