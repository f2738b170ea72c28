# `make help` says what there is. Everything happens in .venv; nothing else on the machine is changed.

PYTHON ?= python3
# An address of torch builds for pip, such as https://download.pytorch.org/whl/cpu; empty: what pip finds by itself.
TORCH_INDEX ?=
VENV ?= .venv
PY ?= $(VENV)/bin/python
# What pytest is given: make test ARGS="tests/test_readme.py -x".
ARGS ?=
STAMP := $(VENV)/.made-by-make
# Kept for every command: a warm-up of several thread pools on two cores only makes them wait for each other.
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help env demo test test-fast lint types rooms format bench wheels clean

help: ## Say what there is.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  On Linux, TORCH_INDEX=https://download.pytorch.org/whl/cpu takes the CPU build of torch (0.2 GB"
	@echo "  to fetch); without it pip takes the build for NVIDIA GPUs (3 GB), unless it is told otherwise."

env: $(STAMP) ## Make .venv: torch, both wheels in place, and the developer's tools.

demo: $(STAMP) ## Show the main job in a few minutes: check one's own work, grade a class.
	$(PY) docs/demo/run.py

test: lint types rooms ## Everything that CI runs: lint, types, import rules, all tests.
	$(PY) -m pytest $(ARGS)

test-fast: $(STAMP) ## The tests that need no minutes.
	$(PY) -m pytest -m "not slow" $(ARGS)

lint: $(STAMP) ## Look for slips and for what `make format` would change.
	$(PY) -m ruff check
	$(PY) -m ruff format --check

types: $(STAMP) ## Check the types of the engine.
	$(PY) -m mypy

rooms: $(STAMP) ## Check who imports whom.
	$(dir $(PY))lint-imports

format: $(STAMP) ## Lay the code out.
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

bench: $(STAMP) ## Measure what the command line and grading cost.
	$(PY) tests/benchmarks/bench.py

wheels: $(STAMP) ## Build the students' wheel and sdist and the instructor's wheel into dist/.
	$(PY) -m build --no-isolation --outdir dist .
	$(PY) -m build --no-isolation --wheel --outdir dist reference

clean: ## Remove what was built and cached; .venv stays.
	rm -rf dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

define OLD_PYTHON
$(PYTHON) is older than 3.11, which numpy and the kit need. Name another: make env PYTHON=python3.12
endef

define LARGE_TORCH
No NVIDIA GPU was found here, and TORCH_INDEX is empty: unless pip is set up otherwise it takes the build of torch for
GPUs, 3 GB to fetch. The CPU build has 0.2 GB: interrupt this and add TORCH_INDEX=https://download.pytorch.org/whl/cpu
endef
export OLD_PYTHON LARGE_TORCH

# torch comes first and alone, so that the address in TORCH_INDEX serves nothing but torch (`--no-deps`); what torch
# needs comes with the second call. The build tools are in .venv before the wheels are, which spares pip an
# environment of its own for each of them (`--no-build-isolation`).
$(STAMP): pyproject.toml reference/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$OLD_PYTHON" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@if [ -z "$(TORCH_INDEX)" ] && [ "$$(uname -s)" = Linux ] && ! command -v nvidia-smi > /dev/null; then \
		echo "$$LARGE_TORCH" >&2; fi
	$(PY) -m pip install --no-deps $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) -c constraints.txt torch
	$(PY) -m pip install --quiet -c constraints.txt 'hatchling>=1.27' 'editables>=0.5'
	$(PY) -m pip install --quiet --no-build-isolation -c constraints.txt -e '.[dev]' -e reference
	@touch $@
