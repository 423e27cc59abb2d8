# The CDK app of examples/cruddur. npm's packages stay in its node_modules, cfn-lint in a virtual
# environment under target/.

INFRA := examples/cruddur/infra
INFRA_VENV := target/venv-infra

.PHONY: test-infra

$(INFRA)/node_modules/.package-lock.json: $(INFRA)/package-lock.json
	@node -e 'process.exit(+process.versions.node.split(".")[0] < 20 ? 1 : 0)' || \
	  { echo "missing: Node 20 or later, with npm (https://nodejs.org)" >&2; exit 1; }
	npm --prefix $(INFRA) ci --silent
	@touch $@

$(INFRA_VENV)/bin/cfn-lint: $(INFRA)/requirements-test.txt examples/cruddur/infra/build.mk
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { $(AS_ROOT) apt-get update -qq && $(AS_ROOT) apt-get install -qq python3-venv; } </dev/null || \
	  { echo "missing: the ensurepip of $(PYTHON) (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(INFRA_VENV)
	$(INFRA_VENV)/bin/pip install -q --disable-pip-version-check -r $(INFRA)/requirements-test.txt
	@touch $@

test-infra: $(INFRA)/node_modules/.package-lock.json $(INFRA_VENV)/bin/cfn-lint ## the CDK app of examples/cruddur: types, templates, cdk-nag, cfn-lint
	rm -rf $(INFRA)/cdk.out/tests
	cd $(INFRA) && npm run --silent check && npm test --silent
	cd $(INFRA) && $(CURDIR)/$(INFRA_VENV)/bin/cfn-lint cdk.out/tests/*/*.template.json
