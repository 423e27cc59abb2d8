# The whole avatar system of examples/cruddur on this machine. npm packages are installed in its web/
# folder. Python packages are installed in the virtual environment of lambda/build.mk.

CRUDDUR := examples/cruddur
CRUDDUR_PIP := $(LAMBDA_VENV)/bin/pip install -q --disable-pip-version-check

.PHONY: cruddur demo test-cruddur

$(CRUDDUR)/web/node_modules/.package-lock.json: $(CRUDDUR)/web/package-lock.json
	$(call node,20.19)
	npm --prefix $(CRUDDUR)/web ci --silent
	@touch $@

# What to build for the backend. `make test` has built it with the whole workspace.
BACKEND_BUILD ?= -p cruddur-backend

# What the demo runs: the zips of the functions, the backend and the page.
cruddur: lambda functions wasm $(INFRA)/node_modules/.package-lock.json $(CRUDDUR)/web/node_modules/.package-lock.json
	cargo build --locked $(BACKEND_BUILD)
	npm --prefix $(CRUDDUR)/web run --silent build

# The two files below record which packages are installed.
$(LAMBDA_VENV)/cruddur-demo: $(LAMBDA_VENV)/bin/ministack $(CRUDDUR)/demo/requirements.txt
	$(CRUDDUR_PIP) -r $(CRUDDUR)/demo/requirements.txt
	@touch $@

$(LAMBDA_VENV)/cruddur-e2e: $(LAMBDA_VENV)/cruddur-demo $(CRUDDUR)/requirements-test.txt
	$(CRUDDUR_PIP) -r $(CRUDDUR)/requirements-test.txt
	@touch $@

demo: $(LAMBDA_VENV)/cruddur-demo cruddur ## the whole avatar system on this machine, with a page to try it
	cd $(CRUDDUR) && exec $(CURDIR)/$(LAMBDA_VENV)/bin/python -m demo

test-cruddur: setup-wasm $(LAMBDA_VENV)/cruddur-e2e cruddur ## examples/cruddur: unit tests of the page, then the whole system in Chromium
	npm --prefix $(CRUDDUR)/web test --silent
	$(call lambda_pytest,$(CRUDDUR)/e2e)
