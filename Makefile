# Two commands do everything: "make run" shows an example pipeline, "make test" checks the project.
# Both make .venv from requirements/*.lock by themselves (tools/setup), and again when those change.

.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
# The project's tools first; a node from requirements/node.lock only where the machine has none.
export PATH := $(PATH):$(CURDIR)/$(BIN)

RUN := .venv/.run-is-installed
DEV := .venv/.dev-is-installed
NODE_TOOLS := tools/node/node_modules/.package-lock.json
SETUP := tools/setup pyproject.toml requirements/run.lock requirements/node.lock

# Arguments of the user's: make run ARGS="--job lint", make tests ARGS="-k masking", make lock ARGS=--upgrade
ARGS ?=

.PHONY: help run test check format lint types contracts fresh tests bench soak docs guide lock dist clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: $(RUN) ## Run the example pipeline of examples/guide
	@tools/example
	@$(BIN)/agentmesh run --directory build/guide --event push --skip-unavailable $(ARGS)

test: check ## Check everything: format, lint, types, layers, documents, tests

# One after the other, the quick ones first, pytest's closing line last, however many jobs make has.
check: $(DEV) $(NODE_TOOLS)
	@tools/check

format: $(DEV) ## Format the code
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

lint: $(DEV) ## Only lint and format
	@tools/check format lint

types: $(DEV) $(NODE_TOOLS) ## Only types, by mypy and by pyright
	@tools/check mypy pyright

contracts: $(DEV) ## Only the import contracts
	@tools/check contracts

fresh: $(DEV) ## Only the freshness of generated documents
	@tools/check documents

tests: $(DEV) ## Only the tests
	@tools/check tests $(ARGS)

bench: $(DEV) ## Measure against the peer; writes docs/benchmarks.md
	@$(BIN)/python -m benchmarks --write docs/benchmarks.md $(ARGS)

soak: $(DEV) ## The long versions of the randomised tests
	@$(BIN)/python -m pytest -m soak $(ARGS)

docs: $(DEV) ## Write the generated pages of docs/reference anew
	@$(BIN)/python tools/reference.py

guide: $(DEV) ## Write docs/guide.md from a run of the example
	@tools/example
	@$(BIN)/agentmesh run --directory build/guide --event push --skip-unavailable --json > build/guide.jsonl
	@$(BIN)/python tools/guide_table.py build/guide.jsonl

lock: $(DEV) ## Resolve the lock files anew; ARGS=--upgrade takes new versions
	@tools/lock $(ARGS)

dist: $(RUN) ## Build the wheel and the source distribution
	@$(BIN)/hatchling build

clean: ## Remove everything that make made
	rm -rf .venv build dist tools/node/node_modules tests/oracles/node_modules \
	  .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(RUN): $(SETUP)
	@tools/setup run
	@touch $@

# After $(RUN), so that "make -j run test" does not install twice at once.
$(DEV): $(RUN) requirements/dev.lock
	@tools/setup dev
	@touch $@

$(NODE_TOOLS): tools/node/package-lock.json | $(RUN)
	@cd tools/node && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@
