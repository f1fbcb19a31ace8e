#!/bin/sh
# Brings the nginx with which tests try the reference enforcer, where it isn't there and we may install it.
set -eu
if command -v nginx >/dev/null; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "wayseal: not installed: nginx-light (Debian: apt-get install nginx-light); tests that need it will say so" >&2
    exit 0
fi
apt-get update -qq
# Installed, it would be started as a service of the system; tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light >/dev/null
