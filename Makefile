# Two commands: `make demo` and `make test`. Each sets everything up from a fresh clone.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

POSTGRES_TESTS := $(sort $(wildcard tests/integration/test_postgres_*.py)) tests/scenarios/test_promotion.py \
	tests/scenarios/test_delta.py tests/scenarios/test_delta_kept_out.py tests/scenarios/test_phases.py \
	tests/scenarios/test_verify_standing.py tests/scenarios/test_rollback.py tests/scenarios/test_rollback_cut_off.py \
	tests/scenarios/test_verification.py

.PHONY: demo test bench test-crash lint types unit postgres setup lock clean ui

demo: $(READY)
	@$(BIN)/koop demo

# types beside the tests: mypy takes one processor, and tests wait now and then
test: lint
	@$(MAKE) --no-print-directory -j2 types unit

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(READY)
	@$(BIN)/mypy

# in the order of the folders, which is the long files first: by their number of tests the longest would come last
unit: $(READY)
	@$(BIN)/pytest tests -n auto --dist loadfile --no-loadscope-reorder

# the tests of PostgreSQL alone, on the server that KOOP_TEST_POSTGRES_URL names
postgres: $(READY)
	@$(BIN)/pytest -n auto --dist loadfile $(POSTGRES_TESTS)

# the long form of the kill tests: the process is killed 340 times, the server 20 times
test-crash: $(READY)
	@KOOP_TEST_CRASH=full $(BIN)/pytest tests/scenarios/test_crash.py

# the benchmarks in their small form, five to ten minutes; benchmarks/README.md has the large one
bench: $(READY)
	@$(BIN)/python benchmarks/compare.py var/bench --cooperatives 5 20 --obvious 20 --members 20000

ui: $(READY)
	@$(BIN)/koop --program data/sample ui

setup: $(READY)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; call make PYTHON=python3.12")'
	@echo "Setting up $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

# needs uv; the lock is platform-independent and names no registry
lock:
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-strip-extras --extra dev pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) data/sample/var
