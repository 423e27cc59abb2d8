# `make` alone lists the commands. The build file of each part stands in its folder.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The programs that tests compare with or run, and the Debian packages that bring them. PostgreSQL's
# programs are not on Debian's PATH; tests create clusters of their own.
ORACLES := djpeg=libjpeg-turbo-progs openssl=openssl objcopy=binutils \
  /usr/lib/postgresql/*/bin/initdb=postgresql

PYTHON ?= python3

.PHONY: help setup test check-rust artifacts format lint docs tests licenses bench bench-criterion bench-guard bless-guard bench-jpeg bless

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: ## installs the programs that the tests need, or names those that are missing
	@.ci/require $(ORACLES)
	@cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || \
	  { echo "missing: rustfmt, clippy; installing with rustup" >&2; rustup component add rustfmt clippy; } || \
	  { echo "missing: rustfmt, clippy (rustup component add rustfmt clippy)" >&2; exit 1; }

# $(call venv,FOLDER,PACKAGES): a virtual environment with these packages or `-r` files. Debian's
# python3 comes without ensurepip.
define venv
	@PYTHON="$(PYTHON)" .ci/require python:ensurepip=python3-venv
	$(PYTHON) -m venv $(1)
	$(1)/bin/pip install -q --disable-pip-version-check $(2)
endef

# $(call node,MAJOR.MINOR): fails where Node is missing or older.
define node
	@node -e 'const [major, minor] = process.versions.node.split("."); \
	  const [needed, least] = "$(1)".split("."); \
	  process.exit(+major > +needed || (major === needed && +minor >= +least) ? 0 : 1)' 2>/dev/null && \
	command -v npm >/dev/null || \
	  { echo "missing: Node $(1) or later, with npm (Debian 13: apt-get install nodejs npm; else https://nodejs.org)" >&2; exit 1; }
endef

include python/build.mk wasm/build.mk lambda/build.mk docs/site/build.mk \
  examples/cruddur/functions/build.mk examples/cruddur/infra/build.mk examples/cruddur/build.mk .ci/release.mk

# One chain compiles with debug assertions, the other for release. Each has long steps that keep one core
# busy, so both run at once. `-o` keeps the tests of the artifacts from making those again.
test: setup format ## everything that must hold before a merge
	$(MAKE) -j$(CORES) check-rust artifacts
	$(MAKE) $(addprefix -o ,$(ARTIFACTS)) $(addprefix test-,python wasm pages lambda functions infra cruddur) BACKEND_BUILD="$(WORKSPACE_BUILD)"

# Not as prerequisites, which -j2 would make at once.
check-rust:
	$(MAKE) lint
	$(MAKE) docs
	$(MAKE) tests

ARTIFACTS := layer wasm lambda functions

artifacts:
	for artifact in $(ARTIFACTS); do $(MAKE) $$artifact; done

# For cargo too, which takes its share from make.
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# What `tests` compiles, programs included: the same features, so nothing is compiled again.
WORKSPACE_BUILD := --workspace --all-features --bins --tests

format:
	cargo fmt --all --check

lint: ## clippy, warnings are errors: everything, and the library with default and no features
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	cargo clippy -p roundel --all-targets -- -D warnings
	cargo clippy -p roundel --all-targets --no-default-features -- -D warnings
	cargo clippy -p roundel-lambda --no-default-features -- -D warnings
	cargo clippy -p cruddur-functions --no-default-features --features authorizer,webhook -- -D warnings

docs: ## the documentation, warnings are errors
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps

# nextest does not run doctests.
tests: ## every test, doctests too
	@if cargo nextest --version >/dev/null 2>&1; then \
	  set -x; cargo nextest run --workspace --all-features; \
	  cargo test --workspace --all-features --doc; \
	else \
	  set -x; cargo test --workspace --all-features; \
	fi

bless: ## rewrites the expected digests, the schema and the option types; read the diff
	ROUNDEL_BLESS=1 cargo test -q -p roundel --all-features --test cases --test schema
	$(PYTHON) python/generate_options.py
	node wasm/scripts/generate-options.js
	git --no-pager diff --stat -- core/cases.json core/options.schema.json python/roundel/_option_types.py wasm/js/options.d.ts

licenses: ## every dependency is permissively licensed (needs cargo-deny)
	cargo deny check

# PHOTOS: a photo or a folder of photos. The default is the photo in this repository.
PHOTOS ?= examples/photos/astronaut.jpg

bench-criterion: ## every stage and whole renders, on made photos (ROUNDEL_PHOTOS=folder for your own)
	cargo bench -p roundel-benches --bench roundel

bench-guard: ## instructions and memory of ten renders against benches/guard.tsv (valgrind); `bless-guard` rewrites it
	@.ci/require valgrind=valgrind
	cargo run --release -q -p roundel-benches --bin guard check

bless-guard:
	@.ci/require valgrind=valgrind
	cargo run --release -q -p roundel-benches --bin guard bless

bench-jpeg: ## the JPEG decoder stage by stage (ROUNDEL_PHOTO=photo.jpg)
	cargo bench -p roundel-benches --bench jpeg

bench: ## beside other libraries: time, memory, bytes and quality (PHOTOS=folder; Node and Python)
	benches/compare/run.sh $(PHOTOS)
