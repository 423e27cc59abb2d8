# process for AWS Lambda. These verbs install Python packages into a virtual environment under
# target/, and nothing else.

LAMBDA_VENV := target/venv-lambda
LAMBDA_BUILT := $(or $(CARGO_TARGET_DIR),target)
# For arm64, where that target and its linker are installed: LAMBDA_TARGET=aarch64-unknown-linux-gnu
LAMBDA_TARGET ?=
# Where the zips go.
LAMBDA_DIST ?= dist
# Further features of process: heic, avif, avif-out, separated by commas.
LAMBDA_FEATURES ?=
CHAOS_EVENTS ?= 10000

.PHONY: lambda test-lambda lambda-chaos bench-lambda

# $(call lambda_zips,CRATE,PROGRAM...,FEATURES): builds the programs of a crate and writes their zips.
define lambda_zips
	cargo build --locked --profile lambda -p $(1) --bins $(addprefix --target ,$(LAMBDA_TARGET)) $(addprefix --features ,$(3))
	mkdir -p $(LAMBDA_DIST)
	$(PYTHON) lambda/zips.py $(LAMBDA_BUILT)/$(LAMBDA_TARGET)$(and $(LAMBDA_TARGET),/)lambda $(LAMBDA_DIST) $(2)
endef

# $(call lambda_pytest,FOLDER OPTIONS): runs stack tests.
lambda_pytest = $(LAMBDA_VENV)/bin/python -m pytest -c lambda/stack/pyproject.toml --rootdir . \
  -p no:cacheprovider $(1)

lambda: ## the function process as a zip for provided.al2023, into dist/
	$(call lambda_zips,roundel-lambda,process,$(LAMBDA_FEATURES))

$(LAMBDA_VENV)/bin/ministack: lambda/requirements-test.txt lambda/build.mk
	$(call venv,$(LAMBDA_VENV),-r lambda/requirements-test.txt)
	@touch $@

# The environment comes first: its rule installs Python where it is missing, and zips.py needs it.
test-lambda: $(LAMBDA_VENV)/bin/ministack lambda ## process against AWS on this machine
	$(call lambda_pytest,lambda/stack)

lambda-chaos: $(LAMBDA_VENV)/bin/ministack lambda ## CHAOS_EVENTS (10,000) through an S3 with faults; minutes
	CHAOS_EVENTS=$(CHAOS_EVENTS) $(call lambda_pytest,-s lambda/stack/test_chaos.py)

bench-lambda: lambda ## time and memory of process beside Node and sharp; PHOTOS="12mp.jpg 50mp.jpg"
	benches/compare/lambda/run.sh $(PHOTOS)
