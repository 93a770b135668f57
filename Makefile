# Two commands do everything on a machine with Python 3.11 and make: `make demo` and `make test`; `make serve` is the workbench.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
BENCH  := .venv-bench
OUT    ?= build/guiyang

.PHONY: demo serve test soak system pictures lint bench bench-web lock clean help
help:   ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

demo: $(VENV)/.lichen  ## install into .venv and run the Guiyang study
	$(BIN)/lichen run examples/guiyang --out $(OUT)

serve: $(VENV)/.web  ## install into .venv and serve the workbench to browsers on this machine
	$(BIN)/lichen serve $(SERVE_ARGS)

test: $(VENV)/.dev lint system  ## style, types, layers, tests with coverage; the workbench in Chromium and on PostgreSQL too
	$(BIN)/python -m pytest -n auto --dist loadgroup --cov --cov-report=term $(PYTEST_ARGS)
	$(BIN)/python tests/coverage_gate.py
	$(BIN)/python tests/on_postgres.py $(BIN)/python -m pytest -n auto -q tests/web

soak: $(VENV)/.dev system  ## 200 kills under four writers, on SQLite and on PostgreSQL
	LICHEN_KILLS=200 $(BIN)/python -m pytest tests/web/test_durability.py
	LICHEN_KILLS=200 $(BIN)/python tests/on_postgres.py $(BIN)/python -m pytest tests/web/test_durability.py

system:  ## Chromium, fonts and PostgreSQL for the tests: by apt-get where root may
	@sh tests/system.sh

pictures: $(VENV)/.dev system  ## renew the pictures of the workbench's pages in docs/images/workbench
	$(BIN)/python docs/pictures.py

lint: $(VENV)/.dev  ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(BENCH)/.peers bench-web  ## side by side with pymrio and MARIO, one BLAS thread; writes docs/benchmarks.md
	$(BENCH)/bin/python -m benchmarks.run $(BENCH_ARGS)

bench-web: $(VENV)/.web  ## the workbench under load; writes docs/benchmarks-web.md
	$(BIN)/python -m benchmarks.web $(BENCH_ARGS)

# pip checks every hash of the lock file, so that the same versions come everywhere
$(VENV)/bin/python $(BENCH)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Lichen needs Python 3.11 or newer; call: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(@:/bin/python=) || \
	  { echo "The module venv is missing; on Debian or Ubuntu: apt-get install python3-venv"; rm -rf $(@:/bin/python=); exit 1; }

$(VENV)/.lichen: $(VENV)/bin/python requirements/run.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.web: $(VENV)/.lichen requirements/web.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/web.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.lichen requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# the peers ask for other versions of numpy than the package does, hence an environment of their own
$(BENCH)/.peers: $(BENCH)/bin/python requirements/peers.txt pyproject.toml
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/peers.txt
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock:  ## renew the four lock files from pyproject.toml (needs uv)
	for set in run web dev peers; do \
	  uv pip compile pyproject.toml requirements/build.in --universal --python-version 3.11 --generate-hashes \
	    --no-header --no-emit-index-url --no-emit-find-links --no-annotate --no-strip-extras --upgrade \
	    $$(case $$set in web) echo --extra web;; dev) echo --extra web --extra dev;; peers) echo --extra dev --extra peers;; esac) \
	    -o requirements/$$set.txt; \
	done

clean:  ## remove what was built
	rm -rf $(VENV) $(BENCH) build .pytest_cache .mypy_cache .ruff_cache
