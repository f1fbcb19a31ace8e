#!/bin/sh
# scripts/try_deployment.sh FOLDER: follows docs/deployment.md from its first command to its last on a bare Debian, made in
# FOLDER, a new one. Needs root, debootstrap and a mirror. There is no systemd in a folder: tests/deploy/units.py starts
# what units say, without their sandbox.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
root=$1
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$here/pyproject.toml")
debootstrap --variant=minbase --include=systemd "${SUITE:-trixie}" "$root" >/dev/null
if [ -e /etc/apt/sources.list.d/debian.sources ]; then
    cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/"
    : >"$root/etc/apt/sources.list"
fi
# Nothing starts by itself in a folder.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 0755 "$root/usr/sbin/policy-rc.d"
git clone --quiet --local --no-hardlinks "$here" "$root/opt/wayseal-$version"
printf '#!/bin/sh\nexec python3 /opt/wayseal-%s/tests/deploy/units.py "$@"\n' "$version" >"$root/usr/local/bin/systemctl"
chmod 0755 "$root/usr/local/bin/systemctl"
awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$here/docs/deployment.md" >"$root/root/page.sh"
unshare --mount --pid --fork --kill-child sh -eu -c '
    mount -t proc proc "$1/proc"
    mount --rbind /dev "$1/dev"
    mount -t tmpfs -o mode=755 tmpfs "$1/run"
    mkdir -p "$1/run/lock"
    exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        DEBIAN_FRONTEND=noninteractive ${PIP_CONFIG_FILE:+PIP_CONFIG_FILE="$PIP_CONFIG_FILE"} \
        chroot "$1" sh -euxc "apt-get update -qq; cd /; . /root/page.sh"' sh "$root"
echo "wayseal: every command of docs/deployment.md was followed in $root"
