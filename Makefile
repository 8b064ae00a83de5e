# Needs Python 3.11 or newer, make and pip. Everything is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test check bench chaos screenshot install clean

demo: $(VENV)/.installed
	@exec $(BIN)/batchboard demo

install: $(VENV)/.installed

test: $(VENV)/.installed-test
	@$(MAKE) --no-print-directory tools
	$(BIN)/python -m pytest $$($(BIN)/python -c "import xdist" 2>/dev/null && echo "-n 3 --dist loadfile --no-loadscope-reorder")

check: $(VENV)/.installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.installed-test
	$(BIN)/python -m tests.bench

# SEED=N repeats the faults of a run that printed it.
chaos: $(VENV)/.installed-test
	$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED))

screenshot: $(VENV)/.installed-test
	$(BIN)/python -m tests.screenshot docs

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist

# Programs that some tests need, as command:package. Those tests skip themselves without them.
TOOLS := chromium:chromium node:nodejs npm:npm jq:jq curl:curl sudo:sudo

.PHONY: tools
tools:
	@for tool in $(TOOLS); do command -v $${tool%:*} >/dev/null || missing="$$missing $${tool#*:}"; done; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing; \
	fi; \
	for tool in $(TOOLS); do \
	    command -v $${tool%:*} >/dev/null || echo "Cannot be installed: $${tool#*:}. The tests that need it are skipped."; \
	done

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml requirements.lock | $(BIN)/python
	$(PIP) install --quiet --constraint requirements.lock --editable .
	@touch $@

# The optional test packages one by one, should they not be available together.
$(VENV)/.installed-test: $(VENV)/.installed
	$(PIP) install --quiet --constraint requirements.lock --editable '.[test]' || { \
	    $(PIP) install --quiet --constraint requirements.lock pytest pytest-asyncio pytest-timeout ruff mypy && \
	    for package in pytest-xdist hypothesis playwright jsonschema; do \
	        $(PIP) install --quiet --constraint requirements.lock $$package || \
	            echo "Cannot be installed: $$package. The tests that need it are skipped."; \
	    done; }
	@touch $@
