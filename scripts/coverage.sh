#!/bin/sh
# The floors of what `make test COVERAGE=1` has counted: every line and branch of model, merkle and ledger, 95 % of the
# other rooms. Coverage can't see into functions that are compiled, so the tests of those run again without the compiler.
set -eu
cd "$(dirname "$0")/.."
coverage=.venv/bin/coverage
kernels=$(grep -rl --include='test_*.py' 'pytest\.mark\.kernels' tests)
# shellcheck disable=SC2086 # several files
NUMBA_DISABLE_JIT=1 .venv/bin/python -m pytest -q -m kernels -p no:cacheprovider --cov --cov-append --cov-report= $kernels
floor() { $coverage report --fail-under="$1" --include="$2" --skip-covered; }
floor 95 'sim/src/*'
floor 100 'src/wayseal/model/*,src/wayseal/merkle/*,src/wayseal/ledger/*'
for room in src/wayseal/*/; do
    case $room in */model/ | */merkle/ | */ledger/ | */locale/ | */__pycache__/) continue ;; esac
    floor 95 "$room*"
done
