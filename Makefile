# Set-up and checks. `make` prints the targets; each sets up what it needs.
# PYTHON=python3.12 chooses the interpreter, VENV=dir the environment, ARGS="..." goes to the command.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TESTS := $(VENV)/.installed-tests
PEERS := $(VENV)/.installed-peers
TOO_OLD := OQL needs Python 3.11 or newer: make PYTHON=/path/to/python3

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install serve test check bench torture soak fuzz format constraints lint

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED) ## set up the environment with pinned dependencies
	@echo "$(BIN)/oql is there; a shell finds it after: . $(BIN)/activate"

serve: $(INSTALLED) ## run the server for development, on this machine only
	@$(BIN)/oql serve --dev $(ARGS)

test: lint ## check, and run every test
	@$(BIN)/pytest -n 3 --dist loadfile $(ARGS)

check: lint ## format, lint, types, house rules and the fast tests, in under a minute
	@$(BIN)/pytest -n 2 --dist loadfile -m "not slow" $(ARGS)

bench: $(PEERS) ## measure every figure that the README states
	@$(BIN)/python -m bench $(ARGS)

torture: $(TESTS) ## kill, freeze and race everything for hours (ARGS="--scale 0.01": for minutes)
	@$(BIN)/python -m tests.crash.torture $(ARGS)

soak: $(TESTS) ## mixed load for an hour, and what grows meanwhile (ARGS="--minutes 3": for less)
	@$(BIN)/python -m tests.soak --write $(ARGS)

fuzz: $(TESTS) ## large random doses of all that is compared or mutated, for an hour (ARGS="--minutes 5")
	@$(BIN)/python -m tests.fuzz $(ARGS)

format: $(TESTS) ## format the code and mend what the linter can
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

constraints: $(BIN)/python ## pin what setup.cfg asks for (ARGS=--upgrade: the newest of everything)
	@$(BIN)/python -m pip install --quiet pip-tools
	@CUSTOM_COMPILE_COMMAND="make constraints" $(BIN)/pip-compile --quiet --extra test --extra bench --strip-extras \
		--no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--output-file constraints.txt $(ARGS) setup.cfg

lint: $(TESTS)
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("$(TOO_OLD)")'
	@echo "Creating $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(INSTALLED): setup.cfg pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the dependencies into $(VENV), which takes a minute ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(TESTS): setup.cfg pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the dependencies and what tests need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	@touch $(INSTALLED) $@

$(PEERS): $(TESTS)
	@echo "Installing what is measured beside OQL ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[bench]"
	@touch $@
