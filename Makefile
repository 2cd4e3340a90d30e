# Sets up what is needed, then does what is asked. `make report` and `make test` are all that a newcomer needs.

PYTHON ?= python3
MONTH ?= 2026-10
REPORTS ?= 600
SEED ?= 1
export JAWABDEHI_HOME ?= $(CURDIR)/var

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CHECKERS := tests/browser/node_modules/.ready

.PHONY: report test test-e2e test-faults test-cluster test-spark lint audit bench bench-link bench-mutations bench-screening bench-protect messages lock clean

report: $(READY)
	@$(BIN)/jawabdehi example --month $(MONTH) --reports $(REPORTS) --seed $(SEED) --out "$(JAWABDEHI_HOME)/inbox" --letters "$(JAWABDEHI_HOME)/letters"
	@$(BIN)/jawabdehi consent give --month $(MONTH) --edition 1 --as "Example data team" "$(JAWABDEHI_HOME)"/letters/*.txt
	@$(BIN)/python -m pipeline.report.printing || export JAWABDEHI_PRINT=0; \
		$(BIN)/jawabdehi run --month $(MONTH) --approve-as "Example approval"
	@$(BIN)/jawabdehi down

# Two lanes, a file of tests in one of them.
LANES := --numprocesses 2 --dist loadfile --no-loadscope-reorder

test: $(READY)
	@$(BIN)/python -m pytest $(LANES)

# The whole program from outside: a running Airflow, real browsers, made-up requests by the thousand.
test-e2e: $(READY) $(CHECKERS)
	@$(BIN)/python -m pytest $(LANES) -m e2e

# The program is killed at many points and started anew, which takes minutes: beside `make test`, before a change lands.
test-faults: $(READY)
	@$(BIN)/python -m pytest -m faults

# A cluster of all components loses workers, queue, database, disk and clock: half an hour, before a release. Needs
# redis-server and libfaketime.
test-cluster: $(READY)
	@$(BIN)/python -m pytest -m cluster

# Linkage on Spark, beside `make test`, which leaves it out where PySpark is missing: it is large and needs Java 17.
test-spark: $(READY)
	@command -v java >/dev/null || { echo "Java is missing: install version 17 (Debian: apt-get install default-jre-headless) and try again."; exit 1; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r deploy/requirements-spark.lock
	@$(BIN)/python -m pytest -m spark

lint: $(READY)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

# Known weaknesses of what the lock file names, and secrets in the code; asks databases on the internet. Tests hold
# made-up secrets only.
audit: $(READY)
	@$(BIN)/uv tool run pip-audit@2 --requirement requirements.lock --require-hashes --disable-pip --progress-spinner off
	@git ls-files -z -- . ':!tests' ':!bench' ':!*.lock' ':!*.po' | \
		xargs -0 $(BIN)/uv tool run --from 'detect-secrets>=1.5,<2' detect-secrets-hook

bench: $(READY)
	@$(BIN)/python -m bench

bench-link: $(READY)
	@$(BIN)/python -m bench.linkage

bench-mutations: $(READY)
	@$(BIN)/python -m bench.mutations

bench-screening: $(READY)
	@$(BIN)/python -m bench.screening

bench-protect: $(READY)
	@$(BIN)/python -m bench.protection

# Brings new sentences into the catalogs of translations, and takes out those that are no longer said.
messages: $(READY)
	@$(BIN)/python -m pipeline.messages

# Writes exact versions with hashes for every supported Python and system; no index address gets in.
lock: $(READY)
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-strip-extras --quiet --output-file requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra image --constraint requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --no-strip-extras --quiet --output-file deploy/requirements.lock
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"])' | \
		$(BIN)/uv pip compile - --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-strip-extras --quiet --output-file deploy/requirements-spark.lock

clean:
	@rm -rf $(VENV)

# The lock file is complete, so nothing is resolved: older versions of pip stumble over pins with extras.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "Python 3.11, 3.12 or 3.13 is needed: install one and run make PYTHON=/its/path."; exit 1; }
	@echo "Setting up $(VENV) from requirements.lock; this takes a minute or two, once."
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "The module venv of Python is missing: install it (Debian: apt-get install python3-venv) and try again."; exit 1; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

# What tests/browser checks pages with: the Nu HTML checker and axe-core.
$(CHECKERS): tests/browser/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install it (Debian: apt-get install npm) and try again."; exit 1; }
	@cd tests/browser && npm ci --loglevel=error >/dev/null
	@touch $(CHECKERS)
