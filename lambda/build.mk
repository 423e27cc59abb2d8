# The functions for AWS Lambda. What these verbs install goes into a virtual environment under
# target/, and nothing onto the machine but openssl, which signs for the tests.

LAMBDA_VENV := target/venv-lambda
LAMBDA_BUILT := $(or $(CARGO_TARGET_DIR),target)
# arm64 where its standard library and linker are installed: LAMBDA_TARGET=aarch64-unknown-linux-gnu
LAMBDA_TARGET ?=
LAMBDA_PROGRAMS := process presign authorizer
CHAOS_EVENTS ?= 10000

.PHONY: lambda test-lambda lambda-chaos bench-lambda

lambda: ## the functions as zips for provided.al2023, into dist/
	cargo build --locked --profile lambda -p roundel-lambda --bins $(addprefix --target ,$(LAMBDA_TARGET))
	$(PYTHON) lambda/zips.py $(LAMBDA_BUILT)/$(LAMBDA_TARGET)$(and $(LAMBDA_TARGET),/)lambda dist $(LAMBDA_PROGRAMS)

$(LAMBDA_VENV)/bin/ministack: lambda/requirements-test.txt lambda/build.mk
	$(call venv,$(LAMBDA_VENV),-r lambda/requirements-test.txt)
	@touch $@

# The environment first: where there is no Python yet, its rule installs it, and zips.py needs it.
test-lambda: $(LAMBDA_VENV)/bin/ministack lambda ## the functions against a stand-in for AWS, on loopback
	$(LAMBDA_VENV)/bin/python -m pytest -c lambda/stack/pyproject.toml -p no:cacheprovider lambda/stack

lambda-chaos: $(LAMBDA_VENV)/bin/ministack lambda ## CHAOS_EVENTS (10,000) through a faulty S3; minutes
	CHAOS_EVENTS=$(CHAOS_EVENTS) $(LAMBDA_VENV)/bin/python -m pytest -c lambda/stack/pyproject.toml \
	  -p no:cacheprovider -s lambda/stack/test_chaos.py

bench-lambda: lambda ## time and memory of process beside Node and sharp; PHOTOS="12mp.jpg 50mp.jpg"
	benches/compare/lambda/run.sh $(PHOTOS)
