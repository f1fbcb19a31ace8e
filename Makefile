.PHONY: demo test test-deep check texts docs lock clean setup setup-vault setup-console setup-market setup-live setup-portal setup-gate setup-spark setup-demo setup-market-pictures setup-dev

DEMO ?= demo

demo: setup-demo ## Simulates a leak, ingests the log, traces it, watches a market, and leaves a report.
	.venv/bin/wayseal demo $(DEMO)

test: setup-dev ## Runs the tests, and tells their CPU minutes by folder. COVERAGE=1: those that bring coverage, with it and its floors.
	.venv/bin/python -m pytest -n auto --dist worksteal $(if $(COVERAGE),--cov --cov-report= -m "not once")
	$(if $(COVERAGE),scripts/coverage.sh)

test-deep: setup-dev ## Looks much harder: more examples, worlds, kills and traces. Takes long.
	WAYSEAL_TEST_DEEP=1 .venv/bin/python -m pytest -o faulthandler_timeout=3600 -n auto --dist worksteal

check: setup-dev ## Lint, types, layers.
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

docs: setup-dev ## Builds the docs as a site, in both languages, with the reference made from the code; says where it lies.
	.venv/bin/python -m scripts.reference
	.venv/bin/python -m scripts.site

setup:
	@scripts/setup.sh core

setup-vault: ## Adds what `wayseal vault`, `wayseal policy` and `wayseal serve vault` need.
	@scripts/setup.sh vault

setup-console: ## Adds what `wayseal serve console` and evidence packs (paper, time stamps) need, with the front end.
	@scripts/setup.sh console

setup-market: ## Adds what `wayseal market` needs to look at sites, keep what came, and read pictures' codes.
	@scripts/setup.sh market

setup-live: ## Adds what `wayseal watch` needs to read NATS and Kafka, and `wayseal serve watch` to answer.
	@scripts/setup.sh live

setup-portal: ## Adds what `wayseal serve portal` needs.
	@scripts/setup.sh portal

setup-gate: ## Adds what `wayseal serve gate` needs.
	@scripts/setup.sh gate

setup-spark: ## Adds what `--engine spark` needs, beside Java 17 or newer: 500 MB.
	@scripts/setup.sh spark

setup-demo: ## What console and market need: all that `make demo` shows.
	@scripts/setup.sh demo

setup-market-pictures: ## Adds what reads text in pictures: larger, and slower to install.
	@scripts/setup.sh market-pictures

setup-dev:
	@scripts/setup.sh dev

texts: setup-dev ## Brings the catalogues of other languages up to date with the texts of the source.
	.venv/bin/python scripts/texts.py

UV ?= uv
COMPILE = $(UV) pip compile --quiet --generate-hashes --universal --no-header --no-annotate --no-strip-extras --python-version 3.11

lock: ## Compiles the locks anew from the lists in pyproject.toml (needs uv) and requirements/front-end/package.json.
	$(COMPILE) pyproject.toml --group build --output-file requirements/core.txt
	$(COMPILE) pyproject.toml --extra vault --group build -c requirements/core.txt --output-file requirements/vault.txt
	$(COMPILE) pyproject.toml --extra console --group build -c requirements/vault.txt --output-file requirements/console.txt
	$(COMPILE) pyproject.toml --extra market --group build -c requirements/console.txt --output-file requirements/market.txt
	$(COMPILE) pyproject.toml --extra live --group build -c requirements/vault.txt -c requirements/console.txt --output-file requirements/live.txt
	$(COMPILE) pyproject.toml --extra market --extra market-pictures --group build -c requirements/market.txt --output-file requirements/market-pictures.txt
	$(COMPILE) pyproject.toml --extra portal --group build -c requirements/console.txt --output-file requirements/portal.txt
	$(COMPILE) pyproject.toml --extra gate --group build -c requirements/portal.txt --output-file requirements/gate.txt
	$(COMPILE) pyproject.toml --extra spark --group build -c requirements/core.txt --output-file requirements/spark.txt
	$(COMPILE) --group dev -c requirements/vault.txt -c requirements/console.txt -c requirements/market-pictures.txt -c requirements/live.txt --output-file requirements/dev.txt
	$(COMPILE) --group bench -c requirements/vault.txt -c requirements/dev.txt --output-file requirements/bench.txt
	$(COMPILE) --group front-end --output-file requirements/front-end.txt
	.venv/bin/python -m pip install --quiet --require-hashes -r requirements/front-end.txt
	.venv/bin/python -m scripts.front_end lock

clean:
	rm -rf .venv .cache demo src/wayseal/console/docs .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
