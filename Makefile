# The two commands are `make run` and `make test`; each works on a fresh checkout. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
# Random models of one run; .ci/run has less time.
MODELS ?= 20000
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TOOLS := $(VENV)/.tools
SOURCES := pyproject.toml hatch_build.py $(wildcard webapp/islands/*.js webapp/islands/*.css webapp/islands/*.json webapp/islands/*.txt)

.PHONY: help run test models attacks tck check fast lock bench clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

run: $(INSTALLED) ## migrate, deploy every procedure, create demonstration people, serve on http://127.0.0.1:8000
	@$(BIN)/shouwen demonstrate

test: $(TOOLS) ## the whole suite, browser included
	@$(BIN)/python -m tests.support.browser_check
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

models: $(TOOLS) ## 20,000 random models against the reference of BPMN's meaning, on two cores
	MODELS=$(MODELS) $(BIN)/pytest -n 2 tests/interpreter/test_random_models.py

attacks: $(TOOLS) ## 100,000 generated attacks on the expression language, some 40 minutes
	ATTACKS=100000 $(BIN)/pytest tests/feel/test_hostile.py

tck: $(TOOLS) ## cases of the DMN TCK below a folder: make tck DIR=../tck/TestCases/compliance-level-3
	$(BIN)/python -m tests.support.tck $(DIR)

fast: $(TOOLS) ## the suite without browser and fault tests
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore=tests/browser --ignore=tests/faults

check: $(TOOLS) ## linters, types, import contracts, procedure packages, known weaknesses of packages
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/shouwen check
	@$(BIN)/python -m tests.support.audit

lock: $(TOOLS) ## deploy/requirements.lock anew: every package at run time, with hashes; and the SBOM
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group lock
	@echo "# Every package Shouwen runs on, with the hash of every file it may come as. Made by \`make lock\`." > deploy/requirements.lock
	@$(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header pyproject.toml >> deploy/requirements.lock
	@$(BIN)/python -m tests.support.supply

bench: $(INSTALLED) ## the benchmarks, side by side
	$(BIN)/shouwen bench all

$(INSTALLED): $(SOURCES)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing Shouwen and building its browser files …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(TOOLS): $(INSTALLED)
	@echo "installing the tools of the tests …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group test --group check
	@touch $@

clean: ## forget the environment and the demonstration data
	rm -rf $(VENV) var webapp/static/dist
