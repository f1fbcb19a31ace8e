#!/bin/sh
# The floors of what `make test COVERAGE=1` has counted: model, merkle and ledger 99 % of lines and branches (the aim is
# all of them), the other rooms 95 %. Coverage can't see functions that are compiled, so files with kernels are left out,
# unless `scripts/coverage.sh kernels` has run their own tests again without the compiler (some minutes).
set -eu
cd "$(dirname "$0")/.."
coverage=.venv/bin/coverage
omit=$(grep -rlE --include='*.py' '^@(kernel|part|njit)' src/wayseal | paste -sd , -)
if [ "${1:-}" = kernels ]; then
    NUMBA_DISABLE_JIT=1 .venv/bin/python -m pytest -q -m kernels -p no:cacheprovider -n 2 --dist worksteal \
        --cov --cov-append --cov-report=
    omit=src/wayseal/none
fi
floor() { $coverage report --fail-under="$1" --include="$2" --omit="$omit" --skip-covered; }
floor 99 'src/wayseal/model/*,src/wayseal/merkle/*,src/wayseal/ledger/*'
for room in src/wayseal/*/; do
    case $room in */model/ | */merkle/ | */ledger/ | */locale/ | */__pycache__/) continue ;; esac
    floor 95 "$room*"
done
