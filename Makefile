# keepalived-py: everything a person or CI runs. Needs git, make and python3 (3.11 or newer); the rest is installed here.
#
#   make demo     the main job, live, inside private network namespaces
#   make test     every test, the namespace, interoperation and virtual machine ones included
#   make check    lint, types, import contracts, then the tests
#   make bench    figures beside the reference's (not timed tests)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PYTEST_ARGS ?=

.PHONY: help install demo test lint format types contracts check bench clean

help:
	@sed -n 's/^#   //p' Makefile

# The environment is made anew whenever the metadata changed; pip finds an up-to-date one in a second.
$(INSTALLED): setup.cfg pyproject.toml
	@$(PYTHON) tests/lab/provision.py environment $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,check]'
	@touch $(INSTALLED)

install: $(INSTALLED)

demo: $(INSTALLED)
	@$(BIN)/python tests/lab/provision.py demo
	@$(BIN)/python -m tests.demo

test: $(INSTALLED)
	@$(BIN)/python tests/lab/provision.py test
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(INSTALLED)
	$(BIN)/mypy
	$(BIN)/mypy -p tests.lab

contracts: $(INSTALLED)
	$(BIN)/lint-imports

check: lint types contracts test

bench: $(INSTALLED)
	@$(BIN)/python tests/lab/provision.py test
	$(BIN)/python -m tests.bench

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
