#!/bin/sh
# scripts/try_deployment.sh FOLDER: follows pages of deployment from their first command to their last on a bare Debian,
# made in FOLDER, a new one. PAGES names others than `deployment`, in their order, such as `deployment-ledger
# deployment-console`; SUITE another release than trixie. Needs root, debootstrap and a mirror. There is no systemd in a
# folder: tests/deploy/units.py starts what units say, without their sandbox.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
root=$1
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$here/pyproject.toml")
suite=${SUITE:-trixie} pages=${PAGES:-deployment}
debootstrap --variant=minbase --include=systemd "$suite" "$root" >/dev/null
if [ -e /etc/apt/sources.list.d/debian.sources ]; then
    # The keys are the root's own.
    sed "/^Signed-By:/d; /^Suites:/s/$(. /etc/os-release && echo "$VERSION_CODENAME")/$suite/g" \
        /etc/apt/sources.list.d/debian.sources >"$root/etc/apt/sources.list.d/debian.sources"
    : >"$root/etc/apt/sources.list"
fi
# The authorities that this machine trusts, for pip and npm: a mirror's may be among them.
cp /etc/ssl/certs/ca-certificates.crt "$root/srv/authorities.pem"
# Nothing starts by itself in a folder.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 0755 "$root/usr/sbin/policy-rc.d"
git clone --quiet --local --no-hardlinks "$here" "$root/opt/wayseal-$version"
printf '#!/bin/sh\nexec python3 /opt/wayseal-%s/tests/deploy/units.py "$@"\n' "$version" >"$root/usr/local/bin/systemctl"
chmod 0755 "$root/usr/local/bin/systemctl"
# This machine may run a server of its own: the root's gets a network of its own, once packages are there.
mkdir -p "$root/etc/postgresql-common/createcluster.d"
echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.d/wayseal.conf"
{
    echo 'python3 -c "import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack(\"16sh\", b\"lo\", 0x41))"'
    echo '[ ! -e /usr/lib/postgresql ] || pg_createcluster "$(ls /usr/lib/postgresql)" main'
} >"$root/srv/without-network.sh"
echo 'apt-get update -qq' >"$root/srv/with-network.sh"
for page in $pages; do
    awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$here/docs/how-to/$page.md" >"$root/srv/page.sh"
    sed '/setup.sh [a-z]*$/q' "$root/srv/page.sh" >>"$root/srv/with-network.sh"
    sed '1,/setup.sh [a-z]*$/d' "$root/srv/page.sh" >>"$root/srv/without-network.sh"
done

inside() { # inside SCRIPT [OPTION OF UNSHARE...]: a file in /srv, run in the root with an environment that knows nothing else
    script=$1
    shift
    unshare --mount --pid --fork --kill-child "$@" sh -eu -c '
        mount -t proc proc "$1/proc"
        mount --rbind /dev "$1/dev"
        mount -t tmpfs -o mode=755 tmpfs "$1/run"
        mkdir -p "$1/run/lock"
        exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            DEBIAN_FRONTEND=noninteractive PIP_CERT=/srv/authorities.pem NODE_EXTRA_CA_CERTS=/srv/authorities.pem chroot "$1" sh -euxc "cd /; . /srv/$2"' \
        sh "$root" "$script"
}

inside with-network.sh
inside without-network.sh --net
echo "wayseal: every command of $pages was followed in $root"
