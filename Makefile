# costledger. `make` alone lists what there is.
#
#   make run ARGS="--data DIR"        words for the command itself
#   make run PYTHON=python3.12        another interpreter for .venv

PYTHON ?= python3
ARGS   ?=

VENV := .venv
BIN  := $(VENV)/bin

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run ui check test bench latency soak clean FORCE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.installed ## build and publish the ledger, show the answer
	@$(BIN)/costledger run $(ARGS)

ui: $(VENV)/.installed ## Dagster with its daemon, on http://127.0.0.1:3000
	@$(BIN)/costledger ui $(ARGS)

check: $(VENV)/.installed ## validate the data, publish nothing
	@$(BIN)/costledger check $(ARGS)

test: $(VENV)/.installed-dev ## lint, types and tests; ARGS go to pytest
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .
	@$(BIN)/python -m mypy
	@$(BIN)/python -m pytest -n auto $(ARGS)

bench: $(VENV)/.installed ## measure speed and memory
	@$(BIN)/python bench/run.py $(ARGS)

latency: $(VENV)/.installed ## measure how soon a saved price is published while the UI runs
	@$(BIN)/python bench/refresh.py $(ARGS)

soak: $(VENV)/.installed ## long drills: every Python from a fresh copy, many readers, a failing run
	@$(BIN)/python bench/soak.py $(ARGS)

clean: ## remove .venv, caches and data/build; keeps data/published, which holds the history
	rm -rf $(VENV) *.egg-info build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .tmp_dagster_home_* data/build
	find pipelines tests bench -type d -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# ---- installation -------------------------------------------------------------------------------------------------
# A stamp is older than pyproject.toml or constraints.txt, or names another folder (a virtual environment that was
# copied or moved runs the code of the old place): install again. Otherwise pip is not called and no network is needed.

moved = $(if $(filter-out ok,$(shell [ ! -e $(1) ] || [ "$$(cat $(1))" = "$$(pwd -P)" ] && echo ok || echo moved)),FORCE)

$(VENV)/.installed: pyproject.toml constraints.txt $(call moved,$(VENV)/.installed)
	@$(call install,.)

$(VENV)/.installed-dev: pyproject.toml constraints.txt $(call moved,$(VENV)/.installed-dev)
	@$(call install,.[dev])
	@pwd -P > $@

# Makes .venv if there is none that works, installs $(1), writes the stamp of `make run`. pip's output goes to a file
# and is shown only when it fails.
define install
set -e; \
if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	$(check_python); \
	echo "Making $(VENV) with $$($(PYTHON) --version 2>&1)"; \
	$(PYTHON) -m venv --clear $(VENV); \
fi; \
echo "Installing $(1) into $(VENV): about half a minute on a fast line, once"; \
if ! $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '$(1)' > $(VENV)/pip.log 2>&1; then \
	tail -n 40 $(VENV)/pip.log >&2; \
	echo "pip failed; the whole log is in $(VENV)/pip.log. Installing needs the package index; running does not." >&2; \
	exit 1; \
fi; \
pwd -P > $(VENV)/.installed
endef

define check_python
if ! command -v "$(PYTHON)" >/dev/null 2>&1; then \
	echo "No '$(PYTHON)' here. costledger needs Python 3.11, 3.12 or 3.13 (on Debian: apt-get install python3 python3-venv)." >&2; \
	exit 1; \
fi; \
if ! "$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then \
	echo "costledger needs Python 3.11, 3.12 or 3.13, and '$(PYTHON)' is $$("$(PYTHON)" --version 2>&1)." >&2; \
	for other in python3.13 python3.12 python3.11; do \
		if "$$other" -c '' 2>/dev/null; then echo "$$other is here: make run PYTHON=$$other" >&2; break; fi; \
	done; \
	exit 1; \
fi; \
if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
	echo "'$(PYTHON)' cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2; \
	exit 1; \
fi
endef
