# Two commands are enough: `make run` runs CalmBoard, `make test` tests it.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# A process for each core, which asks for its next test when it has two left; the longest come first.
PYTEST := $(BIN)/pytest --numprocesses=2 --maxschedchunk=1 --durations=15
# Every process of a run reads what the first one compiled, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE
STATIC := $(shell find static -type f ! -name '*.gz' ! -name '*.br' ! -path 'static/bundles/*')

.DEFAULT_GOAL := help
.PHONY: help run test quick deep check format bench coverage mutants pictures attack tools clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: .venv/runtime .venv/static ## Start CalmBoard here: database, demo people, server and worker
	@exec $(BIN)/flask --app wsgi serve

test: .venv/tests .venv/static tools tests/node_modules .venv-judges .venv-peers bench/peers/node_modules ## Run every test on SQLite and PostgreSQL; names what it could not run
	@$(PYTEST) --database=all

quick: .venv/tests .venv/static ## Run what takes no minute: on SQLite, without outside judges and browsers but for the main job
	@$(PYTEST) --database=sqlite --quick --cases=2 --no-slow

deep: .venv/tests .venv/static tools tests/node_modules .venv-judges .venv-peers bench/peers/node_modules ## Run every test on every database, and search for faults longer
	@$(PYTEST) --database=all --deep

check: .venv/tests ## Check form, lint, types and structure
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/python -m tests.house

format: .venv/tests ## Format the code
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

bench: .venv/tests .venv/static tools .venv-peers bench/peers/node_modules ## Measure CalmBoard beside its peers; ONLY=list prints one work, SCALE=0.1 takes fewer rows, ROUNDS=9 measures longer
	@$(BIN)/python -m bench $(if $(ONLY),--only=$(ONLY)) $(if $(SCALE),--scale=$(SCALE)) $(if $(ROUNDS),--rounds=$(ROUNDS))

coverage: .venv/tests .venv/static ## Measure by branch what six cases of each test without browsers, and one start of the whole and a replica run; below the floor it fails
	@rm -rf .coverage && mkdir .coverage
	@$(BIN)/coverage run -m pytest --numprocesses=2 --maxschedchunk=1 --quiet --database=sqlite --quick --cases=6 \
		--deselect=tests/calmboard/work/test_markdown.py::test_a_hostile_text_is_read_in_time
	@$(BIN)/coverage run -m pytest --quiet --database=sqlite tests/calmboard/operations/test_serve.py -k terminal
	@$(BIN)/coverage run -m pytest --quiet --database=all tests/calmboard/test_replica.py
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

mutants: .venv/tests ## Put small faults into the code that decides who may what, and show which no test notices
	@$(BIN)/python -m tests.mutants $(MUTANTS)

pictures: .venv/tests .venv/static ## Draw each state of the pages into pictures/, at three widths in both schemes; ONLY=consent draws some
	@$(BIN)/python -m tests.pictures $(if $(ONLY),'$(ONLY)')

attack: .venv/tests ## Attack an installation of yours: URL=http://127.0.0.1:8000, and EMAIL, PASSWORD and KEY of an account for it
	@EMAIL='$(EMAIL)' PASSWORD='$(PASSWORD)' KEY='$(KEY)' $(BIN)/python -m tests.attack $(URL) $(MINE)

tools:
	@tests/install-tools

clean: ## Remove what make made, but not instance/ with your data
	@rm -rf .venv .venv-judges .venv-peers tests/node_modules bench/peers/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	@find static -name '*.gz' -o -name '*.br' -o -path 'static/bundles/*' | xargs rm -f

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CalmBoard needs Python 3.11 or later.")'
	@$(PYTHON) -m venv .venv || { echo "Python cannot make an environment: apt-get install python3-venv" >&2; rm -rf .venv; exit 1; }

.venv/runtime: requirements.txt | .venv/bin/python
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/tests: requirements-dev.txt .venv/runtime
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# Agent frameworks, which need other versions of what we have. Without them the tests name what they could not run.
.venv-judges: tests/judges/requirements.txt | .venv/bin/python
	-@$(PYTHON) -m venv $@ && $@/bin/pip install --quiet --disable-pip-version-check -r $< && touch $@

# Joined and compressed once, so that no request has to.
.venv/static: $(STATIC) .venv/runtime
	@$(BIN)/python -m portal.shared.transport.bundles
	@$(BIN)/python -m whitenoise.compress --quiet static
	@touch $@

# What the peers of make bench run on, in environments of their own.
.venv-peers: bench/peers/requirements.txt | .venv/bin/python
	-@$(PYTHON) -m venv $@ && $@/bin/pip install --quiet --disable-pip-version-check -r $< && touch $@

bench/peers/node_modules: bench/peers/package.json | tools
	-@cd bench/peers && npm install --ignore-scripts --no-package-lock --no-audit --no-fund --silent && touch node_modules

tests/node_modules: tests/package.json | tools
	-@cd tests && npm install --ignore-scripts --no-package-lock --no-audit --no-fund --silent && touch node_modules
