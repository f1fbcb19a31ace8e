.PHONY: demo test test-deep check lock clean setup setup-server setup-dev

DEMO ?= demo

demo: setup ## Simulates a leak, ingests the log, traces it, and leaves a report.
	.venv/bin/wayseal demo $(DEMO)

test: setup-dev ## Runs the tests, and tells their CPU minutes by folder.
	.venv/bin/python -m pytest -n 2 --dist worksteal

test-deep: setup-dev ## Looks much harder: more examples, worlds, kills and traces. Takes long.
	WAYSEAL_TEST_DEEP=1 .venv/bin/python -m pytest -n 2 --dist worksteal

check: setup-dev ## Lint, types, layers, and coverage floors (what .ci/run adds to the tests).
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	scripts/coverage.sh

setup:
	@scripts/setup.sh core

setup-server: ## Adds what `wayseal vault` and `wayseal serve` need.
	@scripts/setup.sh server

setup-dev:
	@scripts/setup.sh dev

lock: ## Compiles the locks anew (needs uv).
	for name in core server dev bench; do \
	  uv pip compile --quiet --generate-hashes --universal --no-header --no-annotate \
	    --python-version 3.11 requirements/$$name.in --output-file requirements/$$name.txt; \
	done

clean:
	rm -rf .venv .cache demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
