# Four verbs: talk, test, check, bench. The rest serves them; `make help` lists everything.
#
# Each setting says why:
#   PYTHON     the interpreter that .venv is made from; set it where `python3` is older than 3.11
#   PYTEST     arguments for pytest: `make test PYTEST="tests/audio -x"`
#   QUESTION   what `make talk` asks itself where there is neither sound nor a terminal
#   ENGINES    what `make conformance` has the stock clients talk to: `scripted` engines, and for two turns the real
#              ones, as `make test` does; or `real` ones for everything, which takes some minutes
PYTHON   ?=
PYTEST   ?=
ENGINES  ?= scripted
QUESTION ?= What is the capital of France?

BIN := .venv/bin
# Two stamps, so that a person who only wants to talk does not wait for the type checkers. They are remade when a
# lock file, pyproject.toml or the script changes, and cost nothing otherwise.
RUN_STAMP := .venv/.installed-run
DEV_STAMP := .venv/.installed-dev

# One recipe at a time whatever -j says: they share .venv and the model store.
.NOTPARALLEL:
.PHONY: help setup setup-dev talk test clients conformance fuzz check bench models lock licences clean

help: ## what there is to make
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | expand -t 12

setup: $(RUN_STAMP) ## build .venv with what the program runs on
setup-dev: $(DEV_STAMP) ## the same, and the tools for test, check and bench

$(RUN_STAMP): requirements.lock pyproject.toml tools/setup.sh
	@PYTHON="$(PYTHON)" bash tools/setup.sh requirements.lock
	@touch $@

$(DEV_STAMP): requirements-dev.lock requirements.lock pyproject.toml tools/setup.sh
	@PYTHON="$(PYTHON)" bash tools/setup.sh requirements-dev.lock
	@touch $(RUN_STAMP) $@

models: setup ## pull the models that are missing
	@$(BIN)/realtime-chat models pull

talk: setup ## set everything up and hold a spoken conversation, offline
	@bash tools/system-libraries.sh talk
	@$(BIN)/realtime-chat models pull
	@bash tools/talk.sh "$(QUESTION)"

test: setup-dev ## set everything up and run the tests, with coverage
	@bash tools/system-libraries.sh test
	@$(BIN)/realtime-chat models pull
	$(BIN)/python -m pytest --cov --cov-report=term:skip-covered $(PYTEST)

clients: setup-dev ## install the stock clients that the server is held against
	@bash tools/conformance.sh

conformance: clients ## hold the server against them: openai-agents (Python, Node), LiveKit, Pipecat, speech-to-speech
	@if [ "$(ENGINES)" = real ]; then bash tools/system-libraries.sh test && $(BIN)/realtime-chat models pull; fi
	$(BIN)/python -m pytest tests/conformance --engines=$(ENGINES) $(PYTEST)

fuzz: setup-dev ## look for new examples of what the tests say, and let the server take 100,000 generated messages
	$(BIN)/python -m pytest tests -m hypothesis --hypothesis-profile=explore $(PYTEST)
	$(BIN)/python bench/fuzz.py

check: setup-dev ## format, lint, types, layers, shell scripts, lock files
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-logo
	$(BIN)/python tools/lock.py --check
	@# Not from PyPI, so only where the system has it.
	@if command -v shellcheck >/dev/null; then echo "shellcheck"; shellcheck .ci/run tools/*.sh; \
	else echo "shellcheck is not installed: shell scripts unchecked"; fi

bench: setup-dev ## measure what the README says
	@bash tools/system-libraries.sh test
	@$(BIN)/realtime-chat models pull
	@$(BIN)/realtime-chat models pull whisper-base
	@$(BIN)/python bench/run.py

lock: setup-dev ## resolve the dependencies anew after a change in pyproject.toml, and install them
	$(BIN)/python tools/lock.py
	@$(MAKE) --no-print-directory setup-dev licences

licences: setup-dev ## write docs/licences.md from what is installed
	$(BIN)/python tools/licences.py

clean: ## remove what was built; the models stay in the user's cache
	rm -rf .venv .venv-conformance build dist *.egg-info htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
