# What the project does on a machine; `make` alone lists it.
#
# Set-up runs by itself: it installs requirements.lock into .venv and leaves a stamp. Until the lock,
# pyproject.toml or the folder's place changes, later calls install nothing. It uses `uv` where that runs,
# else `python3 -m uv`, else it installs uv with pip, and into .venv-uv where pip may not touch the system.
# It is plain sh and make 3.81, which is what macOS still ships.

MODEL ?= belarus_russia
# Two workers; tests that share a heavy fit name it with @pytest.mark.xdist_group and so land on one worker.
WORKERS ?= -n 2 --dist loadgroup
ARGS ?=

VENV := .venv
PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/.installed
UV := $(VENV)/.uv

.PHONY: help forecast test check format bench pictures lock clean FORCE
.DEFAULT_GOAL := help

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

forecast: $(STAMP) ## set up, then check, fit and report (MODEL=belarus_russia)
	$(VENV)/bin/indicast run $(MODEL)

test: $(STAMP) ## set up, then run the tests (ARGS="tests/unit -k name", WORKERS= for one process)
	$(PYTHON) -m pytest $(WORKERS) $(ARGS)

check: $(STAMP) ## format, lint, types, docstrings, spelling, dependencies; changes nothing
	@failed=; \
	run() { echo "== $$1 $$2"; "$$@" || failed="$$failed $$1"; }; \
	export PATH="$(CURDIR)/$(VENV)/bin:$$PATH"; \
	run ruff format --check --output-format concise --quiet .; \
	run ruff check --output-format concise --quiet .; \
	run mypy src; \
	run numpydoc lint $$(find src -name '*.py' -size +0); \
	run codespell .; \
	run deptry .; \
	if grep -nE '[a-z]+://' requirements.lock; then echo "requirements.lock holds an address"; failed="$$failed lock"; fi; \
	if [ -n "$$failed" ]; then echo "make check: failed:$$failed" >&2; exit 1; fi

format: $(STAMP) ## rewrite the sources in the one format, with ruff's safe repairs
	$(VENV)/bin/ruff check --fix-only --quiet .
	$(VENV)/bin/ruff format .

bench: $(STAMP) ## time the kernels and a warm fit, one process, nothing else running
	$(PYTHON) -m pytest tests/benchmarks -o python_files='bench_*.py' $(ARGS)

pictures: $(STAMP) ## take the pictures of the README from the published pages, with Chromium
	$(PYTHON) tests/browser/take_pictures.py

lock: $(UV) ## bring requirements.lock in step with pyproject.toml (ARGS=--upgrade for newer versions)
	$$(cat $(UV)) pip compile --universal --generate-hashes --no-header --quiet pyproject.toml \
	  --all-extras --group test --group check -o requirements.lock $(ARGS)

clean: ## remove the environment and the caches; runs and reports stay
	rm -rf $(VENV) .venv-uv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist

# Nothing below installs twice. A copied or moved folder has scripts that point to the old place, and an
# upgraded system may have taken the interpreter away: both mean a fresh environment.
ifneq ($(shell test -x $(PYTHON) && cat $(VENV)/.place),$(CURDIR))
$(UV): FORCE
endif

# The stamp: what the lock and pyproject.toml say is installed.
$(STAMP): pyproject.toml requirements.lock $(UV)
	@set -eu; uv=$$(cat $(UV)); \
	echo "set-up: installing requirements.lock into $(VENV) with $$uv" >&2; \
	$$uv pip sync --quiet --compile-bytecode --python $(PYTHON) --require-hashes requirements.lock; \
	$$uv pip install --quiet --python $(PYTHON) --no-deps --no-build-isolation -e .; \
	touch $@

# The environment, and the command by which uv runs here.
$(UV):
	@set -eu; \
	say() { echo "set-up: $$*" >&2; }; \
	runs() { "$$@" >/dev/null 2>&1; }; \
	uv=; python=; \
	if runs uv --version; then uv=uv; elif runs python3 -m uv --version; then uv="python3 -m uv"; fi; \
	for name in python3 python3.13 python3.12 python3.14 python; do \
	  python=$$("$$name" -c 'import sys; sys.version_info >= (3, 12) or sys.exit(1); print(sys.executable)' 2>/dev/null) \
	    && break || python=; \
	done; \
	if [ -z "$$python" ] && [ -n "$$uv" ]; then python=$$($$uv python find --no-project '>=3.12' 2>/dev/null) || :; fi; \
	if [ -z "$$python" ]; then say "no Python 3.12 or later found; install one (3.13 is what is tested), then repeat"; exit 1; fi; \
	if [ -z "$$uv" ]; then \
	  say "installing uv with $$python"; \
	  if runs "$$python" -m pip install uv && runs "$$python" -m uv --version; then uv="$$python -m uv"; \
	  elif runs "$$python" -m venv --clear .venv-uv && runs .venv-uv/bin/python -m pip install uv; then uv=.venv-uv/bin/uv; \
	  else say "$$python could not install uv; install it another way (docs.astral.sh/uv), then repeat"; exit 1; fi; \
	fi; \
	keep=--allow-existing; \
	if [ ! -x $(PYTHON) ] || [ "$$(cat $(VENV)/.place 2>/dev/null || echo "$(CURDIR)")" != "$(CURDIR)" ]; then keep=--clear; fi; \
	$$uv venv --quiet --no-project --python "$$python" $$keep $(VENV); \
	echo "$(CURDIR)" > $(VENV)/.place; \
	echo "$$uv" > $@
