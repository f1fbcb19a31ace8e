#!/bin/sh
# Brings what pages and papers are looked at with in tests: Debian's Chromium and a font with Chinese letters, where they
# aren't there and we may install them.
set -eu
missing=
command -v chromium >/dev/null || missing=chromium
ls /usr/share/fonts/opentype/noto/Noto*CJK* >/dev/null 2>&1 || missing="$missing fonts-noto-cjk"
if [ -z "$missing" ]; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "wayseal: not installed: $missing (Debian: apt-get install $missing); tests that need it will say so" >&2
    exit 0
fi
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
