#!/bin/sh
# Brings the browser that the console's tests drive: Debian's Chromium, where it isn't there and we may install it.
set -eu
if command -v chromium >/dev/null; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "wayseal: no Chromium is installed (Debian: apt-get install chromium); the console's browser tests will say so" >&2
    exit 0
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
