# The project's recipes. Every one makes what it needs; `make demo` and `make test` are all a newcomer has to know.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

.PHONY: demo serve test check format bench simulate clean
.DEFAULT_GOAL := demo

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.developing: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(VENV)/.installed  ## a year of history, the life of points live over HTTP, then keeps serving
	$(BIN)/guerdon demo $(ARGS)

serve: $(VENV)/.installed  ## the server on the embedded database
	$(BIN)/guerdon serve $(ARGS)

test: $(VENV)/.developing  ## all tests, on a real PostgreSQL
	$(BIN)/pytest $(ARGS)

check: $(VENV)/.developing  ## lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: $(VENV)/.developing  ## put the code in its one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed  ## redemptions a second beside pgbench writing the same rows
	$(BIN)/guerdon bench $(ARGS)

SEED ?= 1
MEMBERS ?= 5000
DAYS ?= 365
simulate: $(VENV)/.developing  ## a year of a programme with faults, compared with an auditor that shares no code
	$(BIN)/python -m tests.simulation --seed $(SEED) --members $(MEMBERS) --days $(DAYS)

clean:  ## forget the environment and the demo's data
	rm -rf $(VENV) .guerdon build dist *.egg-info
