# The two commands are `make run` and `make test`; each works on a fresh checkout. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help run test check fast bench clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

run: $(STAMP) ## migrate, deploy every procedure, create demonstration people, serve on http://127.0.0.1:8000
	@$(BIN)/shouwen demonstrate

test: $(STAMP) ## the whole suite, browser included
	@$(BIN)/python -m tests.support.browser_check
	$(BIN)/pytest

fast: $(STAMP) ## the suite without browser and fault tests
	$(BIN)/pytest --ignore=tests/browser --ignore=tests/faults

check: $(STAMP) ## linters, types, import contracts, procedure packages
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/shouwen check

bench: $(STAMP) ## the benchmarks, side by side
	$(BIN)/shouwen bench all

$(STAMP): pyproject.toml hatch_build.py $(wildcard webapp/islands/*.js webapp/islands/*.css webapp/islands/*.json webapp/islands/*.txt)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group test --group check
	@touch $@

clean: ## forget the environment and the demonstration data
	rm -rf $(VENV) var webapp/static/dist
