# Everything a developer does. `make help` lists it.
SHELL := /bin/bash -euo pipefail
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The first Python >= 3.11 of these; `make PYTHON=python3.13 ...` takes another one.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
NEEDS_PYTHON = test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing: install it, or name it with make PYTHON=..." >&2; exit 1; }
VENV ?= .venv
BIN := $(abspath $(VENV))/bin
export CARGO_TARGET_DIR ?= $(abspath target)
PYO3_PYTHON := $(BIN)/python
export PYO3_PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Hundreds of tests start a process: without its bytecode each compiles the package again, 0.3 s.
unexport PYTHONDONTWRITEBYTECODE

# The C of Kafka's client takes minutes of OpenSSL unless the machine has that; what `pip install` gives always has its own.
export OPENSSL_NO_VENDOR ?= $(shell pkg-config --exists 'openssl >= 1.1.1' 2>/dev/null && echo 1 || echo 0)
KAFKA_JARS := $(abspath target/kafka)
VSCODE := $(abspath target/vscode)
# A Python with the real PySpark, for the tests on a cluster; PYRITE_SPARK_VENV names another one.
SPARK_VENV := $(abspath target/spark-venv)

# `ci` compiles quickly and runs nearly as fast; `make build PROFILE=release` is what `pip install .` gives.
PROFILE ?= ci
# The engine as `make build` compiles it is what all else is linked with; only its unit tests need it once more, for which the
# compiler spends less.
CARGO_TEST := cargo test --quiet --profile ci --workspace --features kafka

# What runs on every supported Python that is found here: it depends on the interpreter's bytecode, source positions and hashes.
VERSIONED_TESTS ?= $(wildcard tests/python/lambda tests/python/rdd tests/python/recorded tests/python/workers)
# These are of other libraries, which are installed for development only.
VERSIONED_NOT ?= tests/python/rdd/test_arrow_interop.py tests/python/rdd/test_notebook.py
OTHER_VERSIONS ?= 3.12 3.13 3.14
# One thread does there what it does here. The newest runs them all, those of whole jobs also without native code; 3.13 leaves
# those of RDDs out, for time, and between it and the oldest there is nothing to see but bytecode and hashes: no random programs.
VERSIONED_TESTS_3.12 ?= $(filter tests/python/lambda,$(VERSIONED_TESTS))
VERSIONED_WAYS ?= not auto-1 and not off-1 and not off-2
VERSIONED_TESTS_3.13 ?= $(filter-out tests/python/rdd,$(VERSIONED_TESTS))
SIDE_WAYS_3.12 ?= $(VERSIONED_WAYS) and not random
VERSIONED_WAYS_3.13 ?= not auto-1 and not off-1
VERSIONED_WAYS_3.14 ?= $(VERSIONED_WAYS_3.13)
# Tests that neither wait for a clock nor measure go to as many processes as there are cores, one by one; the rest go file by
# file, as a file's tests may share what is slow to make; those of notebooks and of a cluster have the machine for themselves.
SIDE_BY_SIDE ?= tests/python/lambda tests/python/recorded
ALONE ?= tests/python/notebook tests/python/cluster
FILE_BY_FILE := -n auto --dist loadfile

.PHONY: help
help:  ## what there is
	@grep -hE '^[a-z0-9.-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9.-]+):.*## */\1\t/' | expand -t 14

.PHONY: demo
demo: build  ## count the words of a small stream, for 15 seconds
	@$(BIN)/pyrite demo

.PHONY: build
build: rust $(VENV)/.pyrite-dev  ## compile the engine and install Pyrite into .venv, in place
	@echo 'Compiling the engine ...'
	@VIRTUAL_ENV=$(abspath $(VENV)) PIP_QUIET=1 $(BIN)/maturin develop --profile $(PROFILE) $$([ -t 2 ] || echo --quiet) \
		$$([ ! -e $(BIN)/pyrite ] || echo --skip-install)

.PHONY: rust
rust:
	@command -v cargo >/dev/null || { echo "Rust is missing: install it from https://rustup.rs and run make again." >&2; exit 1; }

$(VENV)/.pyrite-dev: pyproject.toml
	@$(NEEDS_PYTHON)
	@echo 'Preparing $(VENV) ...'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --group dev
	@rm -f $(BIN)/pyrite
	@touch $@

# A Python that has the extra `pyrite[sql]` beside what .venv has: the tests of DataFrames run there, the others without it.
FRAMES_VENV := $(abspath $(VENV))-frames

.PHONY: test
test: build netcat chromium vscode-widgets kafka-jars spark-venv test-rust test-versions test-python test-frames test-spilling-some  ## everything: Rust, the other Pythons, then Python

.PHONY: test-rust
test-rust:  ## the engine without an interpreter
	$(CARGO_TEST) --test main
	$(CARGO_TEST) --lib --exclude pyrite-extension --config profile.ci.package.pyrite.opt-level=0

.PHONY: test-python
test-python: build netcat chromium vscode-widgets kafka-jars spark-venv $(FRAMES_VENV)/.made  ## the Python tests, on .venv's Python
ifdef TESTS
	$(BIN)/python -m pytest -q $(TESTS)
else
	$(BIN)/python -m pytest -q -n auto $(SIDE_BY_SIDE)
	$(BIN)/python -m pytest -q $(FILE_BY_FILE) $(ALONE)
	$(BIN)/python -m pytest -q $(FILE_BY_FILE) $(addprefix --ignore=,$(SIDE_BY_SIDE) $(ALONE))
endif

.PHONY: test-frames
test-frames: build $(FRAMES_VENV)/.made spark-venv  ## DataFrames: recorded expressions, PySpark's docstrings, programs
	$(FRAMES_VENV)/bin/python -m pytest -q $(FILE_BY_FILE) tests/frames

$(FRAMES_VENV)/.made: pyproject.toml $(VENV)/.pyrite-dev
	@echo 'Preparing $(FRAMES_VENV) ...'
	@[ -x $(FRAMES_VENV)/bin/python ] || $(BIN)/python -m venv $(FRAMES_VENV)
	@$(FRAMES_VENV)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	@$(FRAMES_VENV)/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["sql"], sep="\n")' \
		| $(FRAMES_VENV)/bin/python -m pip install --quiet --requirement /dev/stdin
	@printf '%s\n%s\n' "$(abspath python)" "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')" \
		> "$$($(FRAMES_VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/pyrite-dev.pth"
	@touch $@

.PHONY: test-versions
test-versions: $(addprefix test-on-,$(OTHER_VERSIONS))  ## lambdas, order and hashes on the other Pythons that are found

# A Python of the version on the PATH (a pyenv shim of a version that isn't switched on doesn't run), or one that pyenv keeps, or
# one that was fetched.
FIND_PYTHON = for p in python$* $$(ls -d "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$*.*/bin/python 2>/dev/null | sort -V -r) \
		$(PYTHONS)/$*/bin/python; do \
	$$p -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "$*")' 2>/dev/null && { command -v $$p; break; }; done

# A Go module carries it; what it lacks is ensurepip. Once here, `make test` and `make wheel` take it.
PYTHONS := $(abspath $(CARGO_TARGET_DIR))/pythons
.PHONY: python-3.14
python-3.14: $(VENV)/.pyrite-dev  ## fetch a CPython 3.14 through Go's client, for a machine that has none
	@mkdir -p $(PYTHONS)
	$(BIN)/python tests/wheels/fetch_python.py github.com/kluctl/go-embed-python@v0.0.0-3.14.6-20260610-1 $(PYTHONS)/3.14

TESTS_HERE = $(or $(VERSIONED_TESTS_$*),$(VERSIONED_TESTS))
WAYS_HERE = $(or $(VERSIONED_WAYS_$*),$(VERSIONED_WAYS))

.PHONY: test-on-%
test-on-%: $(VENV)/.pyrite-dev
	@python=$$($(FIND_PYTHON)) || true; \
	if [ -z "$$python" ]; then echo "=== PYTHON $* IS NOT ON THIS MACHINE: its tests were NOT run ===" >&2; exit 0; fi; \
	echo "=== Python $* ($$python): $(TESTS_HERE)"; \
	venv=$(abspath $(VENV))-$*; \
	export VIRTUAL_ENV=$$venv PYO3_PYTHON=$$venv/bin/python; \
	[ -x $$venv/bin/python ] || $$python -m venv --without-pip $$venv; \
	[ -e $$venv/.pyrite-test ] && [ ! pyproject.toml -nt $$venv/.pyrite-test ] || { \
		$(BIN)/python -m pip --python $$venv/bin/python install --quiet "pip>=25.1"; \
		$$venv/bin/python -m pip install --quiet --group test; touch $$venv/.pyrite-test; }; \
	PIP_QUIET=1 $(BIN)/maturin develop --quiet --profile ci; \
	$$venv/bin/python -m pytest -q -n auto -k '$(or $(SIDE_WAYS_$*),$(VERSIONED_WAYS))' $(filter $(SIDE_BY_SIDE),$(TESTS_HERE)); \
	$(if $(filter-out $(SIDE_BY_SIDE),$(TESTS_HERE)),$$venv/bin/python -m pytest -q $(FILE_BY_FILE) -k '$(WAYS_HERE)' \
		$(addprefix --ignore=,$(VERSIONED_NOT)) $(filter-out $(SIDE_BY_SIDE),$(TESTS_HERE)),true)

# What `test-spilling` runs a second time, with so little memory that everything which can go to disk does; `test` runs
# those of them that most depend on it, one way.
SPILLING_TESTS ?= tests/python/rdd tests/python/recorded tests/python/workers
SPILLING_SOME ?= $(addprefix tests/python/,rdd/test_transformations.py rdd/test_moves.py rdd/test_totals.py recorded/test_rdd.py)
SPILLING_SETTINGS ?= pyrite.memory.limit=64k
SPILLING := PYRITE_TEST_SETTINGS='$(SPILLING_SETTINGS)' $(BIN)/python -m pytest -q

.PHONY: test-spilling
test-spilling: build  ## the tests of RDDs again, under so little memory that everything spills
	$(SPILLING) $(SPILLING_TESTS)

.PHONY: test-spilling-some
test-spilling-some: build
	$(SPILLING) -k 'auto-2' $(SPILLING_SOME)

.PHONY: soak
soak: build netcat kafka-jars spark-venv $(FRAMES_VENV)/.made  ## the long forms of the tests: hours of random programs and stress, not part of `make test`
	PYRITE_SOAK=1 $(BIN)/python -m pytest -q -m soak $(TESTS)
	PYRITE_SOAK=1 $(BIN)/python -m pytest -q tests/python/streaming/test_hangs.py tests/python/context/test_jobs.py
	PYRITE_SOAK=1 $(FRAMES_VENV)/bin/python -m pytest -q -m soak tests/frames

.PHONY: netcat
netcat:
	@command -v nc >/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || { \
		apt-get install -y -qq netcat-openbsd >/dev/null || { apt-get update -qq && apt-get install -y -qq netcat-openbsd >/dev/null; }; }

# The web page and JupyterLab are looked at in a real browser, in Korean too.
.PHONY: chromium
chromium:
	@found() { for name in chromium chromium-browser google-chrome chrome; do ! command -v $$name >/dev/null || return 0; done; return 1; }; \
	readable() { ! command -v fc-list >/dev/null || [ -n "$$(fc-list :lang=ko family)" ]; }; \
	install() { [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || \
		apt-get install -y -qq --no-install-recommends $$1 >/dev/null 2>&1 || \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends $$1 >/dev/null; } || true; }; \
	found || install chromium; \
	found || echo "=== THERE IS NO CHROMIUM HERE: nothing is opened in a browser, NEITHER the web page NOR JupyterLab ===" >&2; \
	readable || install fonts-nanum; \
	readable || echo "There is no font for Korean here: pictures of Korean pages show boxes." >&2

# What VS Code shows widgets with: its library is on npm (its extension is nowhere), and RequireJS, which it has beside it.
.PHONY: vscode-widgets
vscode-widgets: $(VSCODE)/.fetched

$(VSCODE)/.fetched:
	@mkdir -p $(VSCODE); cd $(VSCODE); \
	if command -v npm >/dev/null && npm pack --silent @vscode/jupyter-ipywidgets8@1.0.9 requirejs@2.3.8 >/dev/null; then \
		for name in vscode-jupyter-ipywidgets8 requirejs; do tar -xzf $$name-*.tgz; rm $$name-*.tgz; done; \
		mv package/dist/ipywidgets.js package/require.js .; rm -r package; touch $@; \
	else \
		echo "=== NPM CAN'T FETCH VS CODE'S WIDGETS: the live view is NOT tested with them ===" >&2; \
	fi

# The tests of Kafka run on a real broker: Java runs it, Maven fetches it, once.
.PHONY: kafka-jars
kafka-jars: $(KAFKA_JARS)/.fetched

$(KAFKA_JARS)/.fetched: tests/kafka/pom.xml
	@for tool in java mvn; do command -v $$tool >/dev/null || missing="$${missing:-} $$tool"; done; \
	if [ -n "$${missing:-}" ]; then \
		echo "=== THERE IS NO$${missing} HERE: the tests of Kafka run on librdkafka's mock cluster, NOT on a real broker ===" >&2; \
		[ -z "$${PYRITE_REAL_KAFKA:-}" ] || exit 1; \
	elif mvn -q -B -f $< dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=$(KAFKA_JARS); then \
		touch $@; \
	else \
		echo "=== MAVEN CAN'T FETCH KAFKA: its tests run on librdkafka's mock cluster, NOT on a real broker ===" >&2; \
		[ -z "$${PYRITE_REAL_KAFKA:-}" ] || exit 1; \
	fi

# Wheels for each of these Pythons that is here; where one isn't, that is said. What they need of a Linux is at most what
# WHEEL_LINUX names (a C library of 2018): zig links them against it.
WHEEL_PYTHONS ?= 3.11 3.12 3.13 3.14
WHEEL_LINUX ?= manylinux_2_28
WHEEL_VENV := $(abspath $(VENV))-wheel
WHEEL_BIN := $(WHEEL_VENV)/bin
WHEELS := $(abspath $(CARGO_TARGET_DIR))/wheels
# The sdist, unpacked: wheels are built from that, which shows that it is whole, and takes nothing along that merely lies about.
SDIST := $(abspath $(CARGO_TARGET_DIR))/sdist

.PHONY: wheel
wheel: sdist $(addprefix wheel-on-,$(WHEEL_PYTHONS))  ## build the sdist and the wheels of Linux into target/wheels, and check them
	@ls -l $(WHEELS)

.PHONY: sdist
sdist: rust $(WHEEL_VENV)/.made
	@rm -rf $(SDIST) $(WHEELS)/*.tar.gz; mkdir -p $(SDIST)
	@$(WHEEL_BIN)/maturin sdist --out $(WHEELS)
	@tar -xzm --strip-components=1 -C $(SDIST) -f $(WHEELS)/*.tar.gz

# OpenSSL is built along: a wheel asks for none of the machine.
.PHONY: wheel-on-%
wheel-on-%: sdist
	@python=$$($(FIND_PYTHON)) || true; \
	if [ -z "$$python" ]; then echo "=== PYTHON $* IS NOT ON THIS MACHINE: its wheel was NOT built ===" >&2; exit 0; fi; \
	echo "=== Python $* ($$python): its wheel"; \
	out=$(WHEELS)/$*; rm -rf $$out $(WHEELS)/*-cp$(subst .,,$*)-*; \
	(cd $(SDIST); env -u OPENSSL_NO_VENDOR PATH=$(WHEEL_BIN):$$PATH PYO3_PYTHON=$$python maturin build --quiet --release --zig \
		--compatibility $(WHEEL_LINUX) -i $$python --out $$out); \
	$(WHEEL_BIN)/python tests/wheels/split_debug.py $$out/*.whl; \
	$(WHEEL_BIN)/python tests/wheels/check.py $$out/*.whl $$python; \
	mv $$out/* $(WHEELS)/; rmdir $$out

# A venv of its own: of all that development takes, wheels need very little.
$(WHEEL_VENV)/.made: pyproject.toml
	@$(NEEDS_PYTHON)
	@echo 'Preparing $(WHEEL_VENV) ...'
	@test -x $(WHEEL_BIN)/python || $(PYTHON) -m venv $(WHEEL_VENV)
	@$(WHEEL_BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@$(WHEEL_BIN)/python -m pip install --quiet --group wheel
	@touch $@

# 450 MB, once: the tests of a cluster run on a master and two workers of Spark's own.
.PHONY: spark-venv
spark-venv: $(SPARK_VENV)/.made

$(SPARK_VENV)/.made: $(VENV)/.pyrite-dev
	@if ! command -v java >/dev/null; then \
		echo "=== THERE IS NO java HERE: the tests on a cluster are NOT run ===" >&2; \
		[ -z "$${PYRITE_REAL_SPARK:-}" ] || exit 1; \
	else \
		echo 'Preparing $(SPARK_VENV) ...'; \
		[ -x $(SPARK_VENV)/bin/python ] || $(BIN)/python -m venv $(SPARK_VENV); \
		$(SPARK_VENV)/bin/python -m pip install --quiet --upgrade "pip>=25.1"; \
		$(SPARK_VENV)/bin/python -m pip install --quiet --group cluster; \
		touch $@; \
	fi

.PHONY: lint
lint: build  ## formats, clippy, ruff, mypy, layers, stubs
	cargo fmt --all --check
	cargo clippy --quiet --profile ci --workspace --all-targets --all-features -- -D warnings
	cargo clippy --quiet --profile ci --workspace --all-targets --no-default-features -- -D warnings
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(if $(wildcard python/pyrite/_engine.pyi),$(BIN)/python -m mypy.stubtest pyrite._engine)

.PHONY: format
format: $(VENV)/.pyrite-dev  ## put every file into its format
	cargo fmt --all
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

.PHONY: docs
docs: build  ## the documentation, in docs/_build/html: every example and notebook runs, every link inside is followed
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	@echo 'docs/_build/html/index.html'

.PHONY: bench
bench: $(VENV)/.pyrite-dev $(FRAMES_VENV)/.made kafka-jars  ## measure Pyrite, PySpark, plain Python and plain Rust side by side
	$(BIN)/python tests/benchmarks/run.py $(ARGS)

.PHONY: clean
clean:  ## remove what was built
	rm -rf $(CARGO_TARGET_DIR) $(VENV) $(VENV)-* python/pyrite/_engine*.so .mypy_cache .pytest_cache .ruff_cache
