# The few verbs of this house. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The programs that tests compare with or run, and the Debian packages that bring them. PostgreSQL's
# are not in Debian's path; tests make clusters of their own, whatever the package has started.
ORACLES := djpeg cjpeg jpegtran openssl objcopy initdb
PACKAGES := libjpeg-turbo-progs openssl binutils postgresql

AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo -n)

.PHONY: help setup test format lint docs tests licences bench bench-jpeg bless

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: ## installs what the tests need, or says what is missing
	@missing=(); \
	present() { command -v $$1 || compgen -G "/usr/lib/postgresql/*/bin/$$1"; }; \
	for program in $(ORACLES); do present $$program >/dev/null || missing+=($$program); done; \
	if [ $${#missing[@]} = 0 ]; then exit 0; fi; \
	if command -v apt-get >/dev/null && $(AS_ROOT) true 2>/dev/null; then \
	  $(AS_ROOT) apt-get update -qq; \
	  DEBIAN_FRONTEND=noninteractive $(AS_ROOT) apt-get install -qq --no-install-recommends $(PACKAGES) </dev/null; \
	else \
	  echo "missing: $${missing[*]}" >&2; \
	  echo "  Debian, Ubuntu: apt-get install $(PACKAGES)" >&2; \
	  echo "  Fedora: dnf install libjpeg-turbo-utils openssl binutils postgresql-server" >&2; \
	  echo "  macOS: brew install jpeg-turbo openssl binutils postgresql" >&2; \
	  exit 1; \
	fi
	@cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 || \
	  rustup component add rustfmt clippy || \
	  { echo "missing: rustfmt, clippy (rustup component add rustfmt clippy)" >&2; exit 1; }

include python/build.mk wasm/build.mk lambda/build.mk examples/cruddur/functions/build.mk examples/cruddur/infra/build.mk examples/cruddur/build.mk

test: setup format lint docs tests test-python test-wasm test-lambda test-functions test-infra test-cruddur ## everything that must hold before a merge

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

# nextest where it is present; it leaves doctests to cargo.
tests: ## every test, doctests too
	@if cargo nextest --version >/dev/null 2>&1; then \
	  set -x; cargo nextest run --workspace --all-features; \
	  cargo test --workspace --all-features --doc; \
	else \
	  set -x; cargo test --workspace --all-features; \
	fi

bless: ## writes core/cases.json and core/options.schema.json anew; look at the diff
	ROUNDEL_BLESS=1 cargo test -q -p roundel --all-features --test cases --test schema
	git --no-pager diff --stat -- core/cases.json core/options.schema.json

licences: ## every dependency is permissively licensed (needs cargo-deny)
	cargo deny check

# PHOTOS: a photo or a folder of them; without it, the one that ships.
PHOTOS ?= examples/photos/astronaut.jpg

bench-jpeg: ## the JPEG decoder stage by stage (ROUNDEL_PHOTO=photo.jpg)
	cargo bench -p roundel-benches --bench jpeg

bench: ## time, memory and faithfulness beside the peers (PHOTOS=folder; Node and Python)
	benches/compare/run.sh $(PHOTOS)
