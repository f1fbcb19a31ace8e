#!/bin/sh
# Installs Debian's NATS server, which tests of the stream start by themselves, where it is missing and that can be done.
set -eu
if command -v nats-server >/dev/null || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then exit 0; fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends nats-server >/dev/null
