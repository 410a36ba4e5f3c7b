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
IMAGE_BUILDER ?= docker build
IMAGE_ARGS ?=
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
CRD := trainingjobs.lsml.dev.yaml

.PHONY: help
help: ## This list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

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

# PIP_FIND_LINKS may name a folder of wheels, such as torch's CPU build, whose sums are in a file of their own; without
# it all comes from the index. What has no sum in the lock, or another one, is not installed.
CPU_WHEEL := $(wildcard $(addsuffix /torch-*+cpu-*.whl,$(PIP_FIND_LINKS)))
LOCKED := --require-hashes $(addprefix --find-links ,$(PIP_FIND_LINKS)) --constraint constraints.lock \
  $(if $(CPU_WHEEL),--constraint torch-cpu.lock)

$(VENV)/installed: $(VENV)/with-uv pyproject.toml constraints.lock torch-cpu.lock
	@started=$$SECONDS; \
	$(BIN)/uv pip install --quiet --python $(BIN)/python $(LOCKED) --requirements pyproject.toml --extra dev; \
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .; \
	echo "dependencies: installed in $$((SECONDS - started)) s"
	@touch $@

$(VENV)/with-uv: constraints.lock
	@$(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/[^\]$$/p' constraints.lock | $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes --requirement /dev/stdin
	@touch $@

.PHONY: lock
lock: $(VENV)/with-uv ## Sums of all that constraints.txt pins, into constraints.lock; of CPU wheels in PIP_FIND_LINKS, too
	@$(BIN)/uv pip compile --quiet pyproject.toml --extra bench --group release --constraint constraints.txt \
	  --universal --python-version 3.11 --no-annotate --custom-compile-command "make lock" \
	  --generate-hashes --output-file constraints.lock
	@[ -z "$(CPU_WHEEL)" ] || echo "$$(grep ^torch== constraints.txt)+cpu" \
	  "$$(sha256sum $(CPU_WHEEL) | sed -E 's/^(\w+).*/--hash=sha256:\1/' | xargs)" > torch-cpu.lock

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

.PHONY: test-kueue
test-kueue: install ## Minutes: real pods in the queues of Kueue itself, which is built by Go first
	@$(BIN)/pytest tests/kueue --quiet

# What only computes keeps all cores busy. What waits for servers and workers most of the time is run thrice at once,
# each process with servers of its own, and the pods' images are made meanwhile. Pods have the machine for themselves, or
# they would be starved: all of them together weigh less than one process outside their cgroup.
COMPUTING := tests/unit tests/training tests/examples
WAITING := tests/cluster tests/deploy tests/faults tests/monitoring tests/release tests/stores

.PHONY: test
test: lint ## Everything that CI runs; test-kueue is apart, since Kueue is long to build
	@failed=; \
	PYTHONPATH=tests setsid nice $(BIN)/python -m e2e.images & images=$$!; trap 'kill -- -$$images' EXIT; \
	$(BIN)/pytest $(COMPUTING) --numprocesses auto || failed=1; \
	$(BIN)/pytest $(WAITING) --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations=20 || failed=1; \
	wait $$images || true; trap - EXIT; \
	$(BIN)/pytest $(COMPUTING:%=--ignore=%) $(WAITING:%=--ignore=%) --ignore=tests/kueue --durations=20 || failed=1; \
	[ -z "$$failed" ]

.PHONY: bench
bench: $(VENV)/rivals ## Ours against what people use, into tests/bench/RESULTS.md; long, on a quiet machine
	@failed=; for bench in $(BENCHES); do PYTHONPATH=tests $(BIN)/python "$$bench" --write $(BENCH_ARGS) || failed=1; done; [ -z "$$failed" ]

# Apart from .venv/installed: nobody needs the rivals to work on it.
$(VENV)/rivals: $(VENV)/installed
	@$(BIN)/uv pip install --quiet --python $(BIN)/python $(LOCKED) --requirements pyproject.toml --extra bench
	@touch $@

.PHONY: images
images: ## Both images, as the chart names them; IMAGE_BUILDER="buildah build", IMAGE_ARGS="--build-arg TORCH_INDEX=…"
	@for target in operator trainer; do \
	  $(IMAGE_BUILDER) --target $$target --tag lsml/$$target:$(VERSION) --build-arg VERSION=$(VERSION) \
	    --build-arg REVISION="$$(git rev-parse HEAD)" --build-arg SOURCE="$$(git config remote.origin.url || true)" \
	    $(IMAGE_ARGS) .; \
	done

.PHONY: release
release: install ## The wheel, the packaged chart and their sums into dist, built twice and compared
	@$(BIN)/python tests/release

.PHONY: sbom
sbom: install $(VENV)/release/installed ## What it is all made of, as CycloneDX, into dist
	@mkdir -p dist
	@$(VENV)/release/bin/cyclonedx-py environment --pyproject pyproject.toml \
	  --output-reproducible --output-file dist/lsml.cdx.json $(VENV)

.PHONY: audit
audit: install $(VENV)/release/installed ## Known vulnerabilities of all that is pinned; asks osv.dev, or OSV_URL
	@$(BIN)/python tests/release/audit.py $(VENV)/release/bin/pip-audit constraints.lock

# Apart from .venv/installed: they look at it.
$(VENV)/release/installed: $(VENV)/with-uv pyproject.toml constraints.lock
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(VENV)/release
	@$(BIN)/uv pip install --quiet --python $(VENV)/release $(LOCKED) --group release
	@touch $@

.PHONY: clean
clean: ## Remove what was built here
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
