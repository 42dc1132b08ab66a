# Folkmoot. `make help` tells what there is. Nothing here needs root.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
# A stamp stands for a finished installation; it is older than the lock when the lock has changed.
RUNTIME := $(VENV)/.runtime
TOOLS := $(VENV)/.tools
# Run as modules, not as scripts: those name the folder they were installed in and break when it is moved.
FLASK := $(PY) -m flask --app wsgi
PIP := $(PY) -m pip install -qq --no-input --disable-pip-version-check --require-hashes

export PORT ?= 8000
ARGS ?=
# One more than the two cores it is meant for: browsers, servers and databases keep a test waiting.
WORKERS_OF_TESTS ?= 3
HTML := $(wildcard templates)

.PHONY: help run demo test lint format coverage bench lock audit clean

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: $(RUNTIME) ## set everything up and serve on port 8000 (PORT)
	@$(FLASK) db upgrade
	@exec $(PY) -m gunicorn --config deploy/gunicorn.conf.py wsgi:app

demo: $(RUNTIME) ## fill a new installation with an example company (INSTANCE_PATH=example)
	@$(FLASK) db upgrade
	@$(FLASK) demo $(ARGS)

test: $(TOOLS) ## run all tests (ARGS="tests/guests -x" for some); FOLKMOOT_FULL=1 lets none be skipped
	@$(PY) -m pytest -q -n $(WORKERS_OF_TESTS) --dist loadscope $(ARGS)

lint: $(TOOLS) ## style, types, the way imports run, templates
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) $(VENV)/bin/lint-imports --no-logo
	@$(if $(HTML),$(PY) -m djlint --quiet --lint $(HTML) && $(PY) -m djlint --quiet --check $(HTML))

format: $(TOOLS) ## put code and templates into the form that `make lint` wants
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .
	@$(if $(HTML),$(PY) -m djlint --quiet --reformat $(HTML) || true)

coverage: $(TOOLS) ## run the tests and tell which lines none of them reached
	@$(PY) -m pytest -q -n $(WORKERS_OF_TESTS) --dist loadscope --cov --cov-report=term $(ARGS)

bench: $(TOOLS) ## measure speed against the yardstick
	@$(PY) -m tests.bench $(ARGS)

# What is locked stays as it is unless asked: make lock ARGS=--upgrade, or ARGS="--upgrade-package flask".
# Releases of the last three days are left out: mirrors may not have them yet, and a bad one is often withdrawn by then.
lock: $(TOOLS) ## write the lock files anew from pyproject.toml
	@newest=$$($(PY) -c 'import datetime as d; print((d.datetime.now(d.UTC) - d.timedelta(days=3)).date())'); \
	compile() { $(PY) -m uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	    --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' \
	    --exclude-newer "$$newest" $(ARGS) "$$@"; }; \
	compile pyproject.toml --output-file requirements.txt; \
	compile --group pyproject.toml:dev --constraint requirements.txt --output-file requirements-dev.txt

audit: $(TOOLS) ## ask whether a known weakness is in what is locked
	@$(PY) -m pip_audit --strict --disable-pip --require-hashes -r requirements.txt -r requirements-dev.txt

clean: ## remove the environment and what tools leave behind; the instance stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage .coverage.*

# ---- the environment

# The first Python that is new enough. Name another with PYTHON=...
find_python = for p in $(PYTHON) python3.11 python3 python3.12 python3.13 python3.14; do \
	if "$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo "$$p"; break; fi; done

$(RUNTIME): requirements.txt
	@python=$$($(find_python)); \
	if [ -z "$$python" ]; then \
	    echo "Folkmoot needs Python 3.11 or newer, and none was found as python3.11 or python3." >&2; \
	    echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3" >&2; \
	    exit 1; \
	fi; \
	if ! $(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Setting up with $$($$python --version) ..."; \
	    if ! "$$python" -m venv --clear $(VENV); then \
	        echo "Python could not make a virtual environment (Debian, Ubuntu: apt install python3-venv)." >&2; \
	        exit 1; \
	    fi; \
	fi
	@echo "Installing what Folkmoot is made of (half a minute, once) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(TOOLS): $(RUNTIME) requirements-dev.txt
	@echo "Installing the tools that test it (half a minute, once) ..."
	@$(PIP) -r requirements.txt -r requirements-dev.txt
	@touch $@
