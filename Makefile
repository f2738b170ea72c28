# `make help` says what there is. Everything happens in .venv; nothing else on the machine is changed.

PYTHON ?= python3
# Where torch comes from: PyTorch's own CPU builds (0.2 GB). Empty, `make env TORCH_INDEX=`: what pip finds by itself,
# which on Linux is the build for NVIDIA GPUs (3 GB).
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
VENV ?= .venv
PY ?= $(VENV)/bin/python
# Where the platforms' own tools are, each in an environment of its own.
PLATFORMS ?= .venv-platforms
SITE := -c 'import sysconfig; print(sysconfig.get_path("purelib"))'
# What pytest is given: make test ARGS="tests/test_readme.py -x".
ARGS ?=
TORCH = $(PY) -m pip install --no-deps -c constraints.txt torch
# Test files shared out over the cores; a file's tests, and what they set up together, stay in one process.
SHARED = $(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile
STAMP := $(VENV)/.made-by-make
# Kept for every command: a warm-up of several thread pools on two cores only makes them wait for each other.
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help env demo test test-fast test-platforms lint types rooms format bench wheels clean

help: ## Say what there is.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo "  torch is its CPU build (0.2 GB to fetch). For a GPU: make env TORCH_INDEX=   (3 GB on Linux)"

env: $(STAMP) ## Make .venv: torch, both wheels in place, and the developer's tools.

demo: $(STAMP) ## Show the main job in a few minutes: check one's own work, grade a class.
	$(PY) docs/demo/run.py

# Chapters are tried last and by themselves, since each trial uses every core and looks at how long solutions take.
test: lint types rooms ## Everything that CI runs: lint, types, import rules, all tests.
ifeq ($(strip $(ARGS)),)
	$(SHARED) -m "not chapters"
	$(PY) -m pytest -m chapters
else
	$(PY) -m pytest $(ARGS)
endif

test-fast: $(STAMP) ## The tests that need no minutes.
	$(SHARED) -m "not slow" $(ARGS)

test-platforms: $(STAMP) $(PLATFORMS)/nbgrader/made $(PLATFORMS)/otter-grader/made ## Have nbgrader and otter grade exports.
	D2L_PLATFORMS=$(PLATFORMS) $(PY) -m pytest -m platforms $(ARGS)

# An environment of the tool's own, which also finds the project's packages, behind its own ones.
$(PLATFORMS)/%/made: pyproject.toml
	$(PY) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet '$*'
	echo "import site; site.addsitedir('$$($(PY) $(SITE))')" > "$$($(@D)/bin/python $(SITE))/project.pth"
	@touch $@

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

bench: $(STAMP) ## Measure what the command line, grading and reports cost.
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

define NO_INDEX
torch could not be had from TORCH_INDEX = $(TORCH_INDEX); trying where pip looks by itself. On Linux that may be the
build for NVIDIA GPUs, 3 GB to fetch.
endef
export OLD_PYTHON NO_INDEX

# torch comes first and alone, so that the address in TORCH_INDEX serves nothing but torch (`--no-deps`); what torch
# needs comes with the second call. The build tools are in .venv before the wheels are, which spares pip an
# environment of its own for each of them (`--no-build-isolation`).
$(STAMP): pyproject.toml reference/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$OLD_PYTHON" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(if $(TORCH_INDEX),$(TORCH) --retries 1 --index-url $(TORCH_INDEX) || { echo "$$NO_INDEX" >&2; $(TORCH); },$(TORCH))
	$(PY) -m pip install --quiet -c constraints.txt 'hatchling>=1.27' 'editables>=0.5'
	$(PY) -m pip install --quiet --no-build-isolation -c constraints.txt -e '.[dev]' -e reference
	@touch $@
