# The whole avatar system of examples/cruddur on this machine. npm's packages stay in its web/
# folder, Python's in the environment of the functions' tests.

CRUDDUR := examples/cruddur
CRUDDUR_VENV := target/venv-cruddur

.PHONY: cruddur demo test-cruddur

$(CRUDDUR)/web/node_modules/.package-lock.json: $(CRUDDUR)/web/package-lock.json
	npm --prefix $(CRUDDUR)/web ci --silent
	@touch $@

# The page, the functions' zips and the backend: what the demo runs.
cruddur: lambda wasm $(INFRA)/node_modules/.package-lock.json $(CRUDDUR)/web/node_modules/.package-lock.json
	cargo build --locked -p cruddur-backend
	npm --prefix $(CRUDDUR)/web run --silent build

demo: $(LAMBDA_VENV)/bin/ministack cruddur ## the whole avatar system on this machine, with a page to try it
	cd $(CRUDDUR) && exec $(CURDIR)/$(LAMBDA_VENV)/bin/python -m demo
