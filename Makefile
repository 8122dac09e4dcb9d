# make demo   sets up a fresh clone and runs the first scenario
# make test   sets up and runs all that CI runs
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test lint types unit setup validation notebooks benchmark clean

demo: setup
	$(BIN)/lambdasim run scenarios/first.yaml

test: lint types unit

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/mypy

unit: setup
	$(BIN)/python -m pytest -n auto --dist loadfile

# The studies of results/validation/, whole (a faster form of each runs in `make test`).
validation: setup
	$(BIN)/python -m tests.validation.aws_2020 results/validation
	$(BIN)/python -m tests.validation.peers results/validation
	$(BIN)/python -m tests.validation.delivery results/validation
	$(BIN)/python -m tests.validation.init results/validation
	$(BIN)/python -m tests.validation.vpc_2019 results/validation
	$(BIN)/python -m tests.validation.coverage results/validation
	$(BIN)/python -m tests.kernel.equal_logs_study results/validation

# Executes the notebooks, from their text forms, and writes them with their outputs.
notebooks: setup
	$(BIN)/python -m tests.notebooks.execute notebooks

# Speed and memory as ratios within one run; prints, never judges.
benchmark: setup
	$(BIN)/python -m tests.benchmarks.engine
	$(BIN)/python -m tests.benchmarks.sqs
	$(BIN)/python -m tests.benchmarks.sweep

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
