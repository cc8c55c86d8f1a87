# Lots: everything a person or a script runs. `make setup` does nothing when it is up to date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: run test setup check bench soak format lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Lots needs Python 3.11 or newer (PYTHON=python3.12 make setup)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@$(BIN)/python -m compileall -q api bot commands common knowledge migrations triage lots.py
	@touch $(STAMP)

run: setup
	$(BIN)/lots serve

test: setup
	$(BIN)/python -m tests.support.browser
	$(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/lots packs check
	$(BIN)/lots scenarios check

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup
	$(BIN)/python -m bench

soak: setup
	$(BIN)/python -m bench.soak
	$(BIN)/python -m bench.soak_kills
	$(BIN)/python -m bench.soak_schema
	$(BIN)/python -m bench.soak_bad_input
	$(BIN)/python -m bench.soak_canary
	$(BIN)/python -m bench.soak_keys
	$(BIN)/python -m bench.soak_inbox
	$(BIN)/python -m bench.soak_reminders
	$(BIN)/python -m bench.soak_memory
	$(BIN)/python -m bench.soak_outage
	$(BIN)/python -m bench.exercise
	$(if $(LOTS_TEST_OIDC_PROVIDER),$(BIN)/pytest -q tests/api/oidc/test_real_provider.py)

lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 pyproject.toml --extra dev -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
