# Every target does its own set-up: .venv and node_modules, from the locks, once.
.DEFAULT_GOAL := help
.PHONY: help setup browser prometheus demo test check test-kafka sabotage bench bench-import structure messages lock clean

PEOPLE ?= 2000
SEARCHED ?= 1000000
bench-import: PEOPLE = 100000
BROKER ?= tansu
ARGS ?=
AT_ONCE ?= 0
# AT_ONCE: parallel workers, for tests without a stack. Two stacks at once need more than two cores.
PYTEST = .venv/bin/pytest -n $(AT_ONCE) --dist loadfile

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## .venv and node_modules, only when a lock has changed
	@deploy/setup.sh

browser: setup
	@.venv/bin/python -m deploy.local.browser

prometheus: setup
	@.venv/bin/python -m deploy.local.prometheus

demo: setup ## the whole system and an exercise incident; PEOPLE=20000 for more
	@.venv/bin/folgeskab demo --people $(PEOPLE)

test: setup browser prometheus ## the whole suite; ARGS="tests/unit -k word" for a part
	$(PYTEST) $(ARGS)

check: setup browser prometheus ## format, lint, types, import rules, then the tests
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	@$(MAKE) --no-print-directory test

test-kafka: setup ## whatever uses a broker, against Apache Kafka (needs java and mvn)
	@.venv/bin/python -m deploy.local.kafka
	BROKER=kafka $(PYTEST) tests/broker tests/journeys tests/faults $(ARGS)

sabotage: setup ## spoil copies of the code, one rule each: the fault tests must notice
	.venv/bin/python -m tests.faults.sabotage $(ARGS)

bench: setup ## citizens a second beside the raw floor; BROKER=kafka for Apache Kafka
	BROKER=$(BROKER) .venv/bin/python -m bench.run $(ARGS)

bench-import: setup ## import, resolve, decide again, search; PEOPLE=100000 SEARCHED=1000000
	BROKER=$(BROKER) .venv/bin/python -m bench.import_pipeline --people $(PEOPLE) --searched $(SEARCHED) $(ARGS)

structure: setup ## counts of the code's structure beside their targets
	@.venv/bin/python -m bench.structure

messages: setup ## update the catalogues (.po) from the texts in the code
	@.venv/bin/python -m kit.i18n.messages

lock: setup ## make requirements.lock (also the image's) and package-lock.json again
	.venv/bin/uv pip compile -q pyproject.toml --group dev --group local --python-version 3.11 --universal \
		--generate-hashes --no-emit-index-url -o requirements.lock
	.venv/bin/uv pip compile -q pyproject.toml --constraint requirements.lock --python-version 3.11 --universal \
		--generate-hashes --no-emit-index-url -o deploy/requirements.lock
	.venv/bin/python -m deploy.local.assets lock

clean: ## remove all that set-up and runs have made
	rm -rf .venv node_modules var build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
