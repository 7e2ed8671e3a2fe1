# `make run` and `make test` do all their set-up themselves. `make help` lists every command.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SANDBOX ?= 1
# Processes, sockets and a browser on a busy machine: what failed beside others has to pass alone, or the run fails.
# The project itself, for its command line; the tools that build it are among the requirements.
INSTALL_PROJECT = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
ONCE_MORE := echo "Some tests failed. Once more, these alone, one after the other:"
ON_POSTGRESQL := tests/features tests/operations tests/web

.DEFAULT_GOAL := help
.PHONY: help run test check format bench faults docs lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

run: $(VENV)/.run-installed ## install, create the data, start dashboard, worker and sandbox (SANDBOX=0: no sandbox)
	@SANDBOX=$(SANDBOX) $(BIN)/python deploy/start.py || [ $$? -eq 130 ] || [ $$? -eq 143 ]

test: $(VENV)/.test-installed ## install what tests need and run all of them, the browser's too
	@$(BIN)/python deploy/browser.py
	@$(MAKE) --no-print-directory check
	@echo "First the tests that use a database, on PostgreSQL; then all of them, on SQLite:"
	@TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 2 -q -m "not browser" $(ON_POSTGRESQL) || \
		{ $(ONCE_MORE); TEST_DATABASE=postgresql $(BIN)/python -m pytest -q --lf --lfnf=none -m "not browser" $(ON_POSTGRESQL); }
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST_ARGS) || \
		{ $(ONCE_MORE); $(BIN)/python -m pytest --lf --lfnf=none $(PYTEST_ARGS); }

check: $(VENV)/.test-installed ## format, lint, types, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --config tests/architecture/imports.ini

format: $(VENV)/.test-installed ## format the code and mend what can be mended
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(VENV)/.test-installed ## measure speed, both sides of every comparison in one run
	@$(BIN)/python -m bench

faults: $(VENV)/.test-installed ## every fault against every call, the whole product
	@$(BIN)/python -m pytest -m faults -n 2 $(PYTEST_ARGS)

docs: $(VENV)/.test-installed ## write the generated tables of the README
	@$(BIN)/python deploy/readme_tables.py

lock: $(VENV)/.test-installed ## compile requirements.in to pinned and hashed requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" requirements.in -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" requirements-dev.in -o requirements-dev.txt

clean: ## remove the virtual environment (the data directory stays)
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Gatehouse needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.run-installed: requirements.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Gatehouse needs into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(INSTALL_PROJECT)
	@touch $@

$(VENV)/.test-installed: requirements-dev.txt pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Gatehouse and its tests need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(INSTALL_PROJECT)
	@touch $@ $(VENV)/.run-installed
