# Everything a person or CI does here. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Else each of the processes that the tests start would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
CLUSTER_NAME ?= lsml
LOCALCLUSTER := $(PYTHON) tests/localcluster
BENCHES ?= $(filter-out %/harness.py,$(wildcard tests/bench/*.py))
BENCH_ARGS ?=
CRD := trainingjobs.lsml.dev.yaml

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

## To try it

.PHONY: demo
demo: ## From nothing to a trained model on a cluster: CLUSTER=current uses your kubeconfig
	@$(PYTHON) tests/demo

.PHONY: demo-elastic
demo-elastic: ## A tour: two jobs that are scaled, killed and drained have the models of two that are left alone
	@$(PYTHON) tests/demo elastic

.PHONY: cluster-up
cluster-up: ## A real Kubernetes on this machine, with a node (CLUSTER_NAME=lsml)
	@$(LOCALCLUSTER) up --name $(CLUSTER_NAME)

.PHONY: cluster-down
cluster-down: ## Take it away again; nothing is left behind
	@$(LOCALCLUSTER) down --name $(CLUSTER_NAME)

.PHONY: cluster-status
cluster-status: ## What of it runs, and the kubeconfig to export
	@$(LOCALCLUSTER) status --name $(CLUSTER_NAME)
	@$(LOCALCLUSTER) kubeconfig --name $(CLUSTER_NAME)

## To work on it

.PHONY: install
install: $(VENV)/installed ## All of LSML and its tools into .venv

# PIP_FIND_LINKS may name a folder of wheels (such as torch's CPU build); without it pip takes what the index has.
$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@started=$$SECONDS; \
	$(BIN)/uv pip install --quiet --python $(BIN)/python $${PIP_FIND_LINKS:+--find-links "$$PIP_FIND_LINKS"} \
	  --constraint constraints.txt --editable '.[dev]'; \
	echo "dependencies: installed in $$((SECONDS - started)) s"
	@touch $@

.PHONY: generate
generate: install ## Write what is generated: the CRD, the pages of manifests/examples, the manifests that the chart renders
	@$(BIN)/python -m lsml_operator.api.crd | tee manifests/crd/$(CRD) > helm/lsml/crd/$(CRD)
	@$(BIN)/python -m lsml_operator.cli.reference manifests/examples
	@PYTHONPATH=tests $(BIN)/python -m monitoring.page
	@PYTHONPATH=tests $(BIN)/python -m deploy.chart

.PHONY: format
format: install ## Put the code into its canonical form
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet .

.PHONY: lint
lint: install ## ruff, mypy --strict, import-linter, no marks of a merge
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@! git grep --line-number --extended-regexp '^(<<<<<<<|>>>>>>>) '
	@PATH="$(BIN):$$PATH" lint-imports > /dev/null || $(BIN)/lint-imports

.PHONY: test-unit
test-unit: install ## Seconds: nothing but Python, nothing is fitted
	@$(BIN)/pytest tests/unit --quiet --numprocesses auto

.PHONY: test-training
test-training: install ## A minute: models are fitted, and held against scikit-learn's, libsvm's and PyTorch's
	@$(BIN)/pytest tests/training tests/examples --quiet

.PHONY: test-faults
test-faults: install ## Minutes: a team of worker processes, disturbed
	@$(BIN)/pytest tests/faults --quiet

.PHONY: soak
soak: install ## Minutes: 120 random schedules of disturbances, which must change no bit (FIRST=0, SCHEDULES=120)
	@$(BIN)/python tests/faults/soak.py --first $(or $(FIRST),0) --schedules $(or $(SCHEDULES),120)

.PHONY: test-cluster
test-cluster: install ## Minutes: against a real API server, started by the tests
	@$(BIN)/pytest tests/cluster --quiet

.PHONY: test-e2e
test-e2e: install ## Minutes: real pods on a real node, started by the tests
	@$(BIN)/pytest tests/e2e --quiet

.PHONY: test
test: lint ## Everything that CI runs
	@$(BIN)/pytest --durations=10

.PHONY: bench
bench: $(VENV)/rivals ## Ours against what people use, into tests/bench/RESULTS.md; long, on a quiet machine
	@failed=; for bench in $(BENCHES); do PYTHONPATH=tests $(BIN)/python "$$bench" --write $(BENCH_ARGS) || failed=1; done; [ -z "$$failed" ]

# Apart from .venv/installed: nobody needs the rivals to work on it.
$(VENV)/rivals: $(VENV)/installed
	@$(BIN)/uv pip install --quiet --python $(BIN)/python $${PIP_FIND_LINKS:+--find-links "$$PIP_FIND_LINKS"} \
	  --constraint constraints.txt --editable '.[bench]'
	@touch $@

.PHONY: release
release: install ## The wheel, the packaged chart and their sums into dist, built twice and compared
	@$(BIN)/python tests/release

.PHONY: sbom
sbom: install ## What it is all made of, as CycloneDX, into dist; needs the package index
	@mkdir -p dist
	@$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.1.0 cyclonedx-py environment --pyproject pyproject.toml \
	  --output-reproducible --output-file dist/lsml.cdx.json $(VENV)

.PHONY: clean
clean: ## Remove what was built here
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
