# The whole avatar system of examples/cruddur on this machine. npm's packages stay in its web/
# folder, Python's in the environment of the functions' tests.

CRUDDUR := examples/cruddur

.PHONY: cruddur demo test-cruddur

$(CRUDDUR)/web/node_modules/.package-lock.json: $(CRUDDUR)/web/package-lock.json
	npm --prefix $(CRUDDUR)/web ci --silent
	@touch $@

# The page, the functions' zips and the backend: what the demo runs.
cruddur: lambda functions wasm $(INFRA)/node_modules/.package-lock.json $(CRUDDUR)/web/node_modules/.package-lock.json
	cargo build --locked -p cruddur-backend
	npm --prefix $(CRUDDUR)/web run --silent build

demo: $(LAMBDA_VENV)/bin/ministack cruddur ## the whole avatar system on this machine, with a page to try it
	cd $(CRUDDUR) && exec $(CURDIR)/$(LAMBDA_VENV)/bin/python -m demo

$(LAMBDA_VENV)/bin/playwright: $(LAMBDA_VENV)/bin/ministack $(CRUDDUR)/requirements-test.txt
	$(LAMBDA_VENV)/bin/pip install -q --disable-pip-version-check -r $(CRUDDUR)/requirements-test.txt
	@touch $@

test-cruddur: setup-wasm $(LAMBDA_VENV)/bin/playwright cruddur ## examples/cruddur: its page's units, then the whole in Chromium
	npm --prefix $(CRUDDUR)/web test --silent
	$(LAMBDA_VENV)/bin/python -m pytest -c lambda/stack/pyproject.toml -p no:cacheprovider $(CRUDDUR)/e2e
