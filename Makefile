# Every command goes through scripts/uv.sh, which brings along what the machine lacks.

ARGS ?=
OUT ?= ..

# Cookiecutter takes twice as long to start where Python may not keep what it has compiled.
export PYTHONDONTWRITEBYTECODE :=
# What lies in the project's folder would be copied into projects.
export RUFF_CACHE_DIR := $(CURDIR)/.cache/ruff

RUN := sh scripts/uv.sh run
# The project's metadata are valid only after the answers are in.
RUFF_CHECK := $(RUN) ruff check --extend-exclude pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help new test lint format matrix bench

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

new: ## Generate a project next to this folder: make new ARGS="--no-input project_name=Atelier" OUT=~/code
	@$(RUN) --quiet --only-group generate scripts/generate.py --output-dir "$(or $(OUT),..)" . $(ARGS)

test: ## Run all tests, or some of them: make test ARGS="-m static"
	$(RUN) pytest $(ARGS)

lint: ## Check format, style and types
	$(RUN) ruff format --check
	$(RUFF_CHECK)
	$(RUN) mypy

format: ## Format, and repair what can be repaired
	$(RUFF_CHECK) --fix
	$(RUN) ruff format

matrix: ## Prove every combination of the toggles
	$(RUN) pytest -m matrix --dist=load --maxschedchunk=1 $(ARGS)

bench: ## Measure, side by side: make bench NAME=throughput, or another module of benchmarks
	$(RUN) python -m benchmarks.$(or $(NAME),generation) $(ARGS)
