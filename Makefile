# make demo [SOURCE=bpic2012]   from history to scored, explained leads, and a page
# make test                     the whole test suite
# make check                    format, lint, types, layers, fast tests
# make docs                     the pages of docs/ that are made from the code
PYTHON ?= python3
SOURCE ?= demo
VENV := $(CURDIR)/.venv
export PATH := $(VENV)/bin:$(PATH)
ifdef PREDICTIVE_SCORING_DATA
override PREDICTIVE_SCORING_DATA := $(abspath $(PREDICTIVE_SCORING_DATA))
export PREDICTIVE_SCORING_DATA
endif
export DVC_NO_ANALYTICS := 1
export MLFLOW_DISABLE_TELEMETRY := true
.PHONY: help demo test check results docs lock clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# //p' Makefile | head -4

# $(call install,LOCK,STAMPS): the environment follows the lock; stamps remember which locks it holds. That of the tests
# holds the demo's, line by line, so that a demo after the tests installs nothing again. A lock is complete, so nothing
# is resolved; pip would compile file by file what all cores compile together.
PIP := $(VENV)/bin/python -m pip install --quiet --no-deps --no-compile
define install
$(VENV)/.$(1).stamp: requirements/$(1).lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else "Python 3.11 to 3.13 is needed, this is %d.%d; try: make PYTHON=python3.12" % v[:2])'
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing from requirements/$(1).lock (a few minutes the first time)"
	@$(PIP) --require-hashes --requirement requirements/$(1).lock
	@$(VENV)/bin/python -W ignore -m compileall -qq -j 0 $(VENV)/lib || true # some ship templates that are no Python
	@$(PIP) --no-build-isolation --editable .
	@touch $(foreach each,$(2),$(VENV)/.$(each).stamp)
endef
$(eval $(call install,demo,demo))
$(eval $(call install,dev,demo dev))

# The shipped history runs in this folder; another source in a project folder of its own.
demo: $(VENV)/.demo.stamp
ifeq ($(SOURCE),demo)
	@dvc repro
	@predictive-scoring status
else
	@predictive-scoring init projects/$(SOURCE) --source $(SOURCE)
	@cd projects/$(SOURCE) && predictive-scoring fetch $(SOURCE) && dvc repro && predictive-scoring status
endif

# Two workers on few cores: threads that wait must not keep the other worker from working.
test check: export OMP_WAIT_POLICY = passive
test check: export OPENBLAS_NUM_THREADS = 1
test: $(VENV)/.dev.stamp
	@python -m pytest --numprocesses 2 --dist loadgroup --quiet

check: $(VENV)/.dev.stamp
	@ruff format --check .
	@ruff check .
	@mypy
	@lint-imports
	@python -m pytest --numprocesses 2 --dist loadgroup --quiet -m "not heavy"

# Writes the README's results from the last runs of `make demo`, this folder's and those under projects/.
results: $(VENV)/.demo.stamp
	@python -m predictive_scoring.project.results

docs: $(VENV)/.demo.stamp
	@python -m predictive_scoring.project.reference_docs
	@python tests/architecture/cases_page.py

lock:
	@requirements/relock.sh

clean:
	@rm -rf $(VENV) projects mlflow.db mlruns data/raw data/agreement data/checks data/interim data/features data/scores data/reports models/candidate models/released
