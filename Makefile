# Regulars. `make` lists what there is. Needs Python 3.11 or newer, git and make; everything else goes into .venv.

PYTHON ?= python3
JOBS ?= 2
ARGS ?=
BIN := .venv/bin
INSTALLED := .venv/.installed
COMPILED := .venv/.compiled
CATALOGUES := $(wildcard src/regulars/*/locale/*/LC_MESSAGES/django.po)
LOCK := uv pip compile pyproject.toml --output-file requirements.lock --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-emit-find-links --extra sample --extra dev \
        --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install demo serve test proof faults soak mutants lint shape format bench messages lock clean

help: ## this list
	@printf 'Regulars: who stays, who leaves and why.\n\n'
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile
	@printf '\n  ARGS="..." is passed on, e.g. make demo ARGS=--small; all state lives in var/ (see regulars demo --help)\n'

install: $(INSTALLED) $(COMPILED) ## set up .venv with the locked versions (again only when the lock changed)

$(INSTALLED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Regulars needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo missing)."; \
	  echo "Install a newer one, or name it: make install PYTHON=python3.12"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv || { \
	  echo "Python cannot make a virtual environment here; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing the locked packages into .venv (a minute or two the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(COMPILED): $(CATALOGUES) | $(INSTALLED)
	@$(BIN)/python -m tools.messages compile
	@touch $@

demo: install ## load the sample shop and open the console
	$(BIN)/regulars demo $(ARGS)

serve: install ## serve the shop in var/
	$(BIN)/regulars serve $(ARGS)

# 1. core, with its coverage gate; 2. the rest on SQLite; 3. what touches the database again on PostgreSQL.
test: install ## all tests; on PostgreSQL too where REGULARS_TEST_DATABASE_URL is set
	$(BIN)/python -m coverage run -m pytest -m "not proof and not soak" tests/core
	$(BIN)/python -m coverage report
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "not proof and not soak" --ignore tests/core $(ARGS)
	@if [ -n "$$REGULARS_TEST_DATABASE_URL" ]; then set -x; \
	  $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --on postgresql -m "database and not browser and not proof and not soak" $(ARGS); \
	else echo "not run: PostgreSQL (REGULARS_TEST_DATABASE_URL is not set)"; fi

proof: install ## longer proofs (minutes): races, kills, power cuts, on both databases like the tests
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "proof and not soak" $(ARGS)
	@if [ -n "$$REGULARS_TEST_DATABASE_URL" ]; then set -x; \
	  $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --on postgresql -m "proof and not soak and database" $(ARGS); \
	else echo "not run: PostgreSQL (REGULARS_TEST_DATABASE_URL is not set)"; fi

faults: install ## by hand: the proofs of tests/faults ten times as long (EFFORT=10)
	$(BIN)/python -m pytest -m "proof and not soak" --effort $(or $(EFFORT),10) tests/faults $(ARGS)
	@if [ -n "$$REGULARS_TEST_DATABASE_URL" ]; then set -x; \
	  $(BIN)/python -m pytest --on postgresql -m "proof and not soak and database" --effort $(or $(EFFORT),10) tests/faults $(ARGS); \
	else echo "not run: PostgreSQL (REGULARS_TEST_DATABASE_URL is not set)"; fi

soak: install ## by hand: random histories for an hour in all (MINUTES=60)
	$(BIN)/python -m pytest -m soak --minutes $(or $(MINUTES),60) $(ARGS)

mutants: install ## by hand: small slips planted in points and tiers; the tests must find nine of ten (docs/mutation.md)
	$(BIN)/python -m tools.mutants $(ARGS)

lint: install ## style, types, import contracts, house rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tools.shape

format: install ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

shape: install ## the house rules alone
	$(BIN)/python -m tools.shape

bench: install ## speed and size, as ratios against floors measured in the same run
	$(BIN)/python -m benchmarks $(ARGS)

messages: install ## bring the translation catalogues up to date with the code
	$(BIN)/python -m tools.messages update
	$(BIN)/python -m tools.messages compile

lock: install ## pin the newest versions that pyproject.toml allows (UPGRADE=1), or keep the pins that still fit
	@command -v uv >/dev/null || { echo "make lock needs uv (pip install uv)"; exit 1; }
	$(LOCK) $(if $(UPGRADE),--upgrade)

clean: ## remove the environment and all that was built; the shop in var/ stays
	rm -rf .venv build dist src/*.egg-info .coverage htmlcov .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
	find src -name '*.mo' -delete
