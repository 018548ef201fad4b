# Each target is a command that a person could type; README.md says how without make.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
SOURCES = pyproject.toml setup.py $(wildcard cython_ext/*.pyx cython_ext/*.pxd)

.PHONY: run test bench lint clean
.DELETE_ON_ERROR:

run: $(VENV)/.run          ## the main experiment on the shipped network
	$(BIN)/cloudcity run

test: $(VENV)/.test        ## all tests
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

bench: $(VENV)/.run        ## speed, as ratios against named peers of the same run
	$(BIN)/python -m benchmarks.cascade
	$(BIN)/python -m benchmarks.quarter
	$(BIN)/python -m benchmarks.worlds
	$(BIN)/python -m benchmarks.store
	$(BIN)/python -m benchmarks.mesa_loop

lint: $(VENV)/.lint
	$(BIN)/ruff check .

clean:
	rm -rf $(VENV) build dist results *.egg-info cython_ext/*.so cython_ext/*.c

# Stamps: an environment is made once, and again when sources of the extensions or the metadata change.
$(VENV)/.run: $(SOURCES)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "cloudcity needs Python 3.11 or newer; try: make PYTHON=python3.12 run"; exit 1; }
	@echo "Setting up $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

$(VENV)/.lint: $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'ruff>=0.9'
	@touch $@
