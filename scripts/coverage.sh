#!/bin/sh
# Coverage with the kernels in plain Python, and the floors: model, merkle and ledger 100 % of branches, the rest 95 %.
# What looks at texts or runs commands in processes of their own covers nothing here; `make test` runs it.
set -eu
cd "$(dirname "$0")/.."
export NUMBA_DISABLE_JIT=1
coverage=.venv/bin/coverage
$coverage erase
.venv/bin/python -m pytest -q -x -p no:cacheprovider -n 2 --dist worksteal --cov --cov-report= \
    --ignore=tests/docs --ignore=tests/deploy --ignore=tests/test_house_style.py
$coverage report --fail-under=100 --include='src/wayseal/model/*,src/wayseal/merkle/*,src/wayseal/ledger/*' --skip-covered
for room in store page custody simulate trace detect vault server client; do
    $coverage report --fail-under=95 --include="src/wayseal/$room/*" --skip-covered
done
$coverage report --fail-under=95 --include='src/wayseal/cli/*,src/wayseal/*.py' --skip-covered
