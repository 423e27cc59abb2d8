# The CDK app of examples/cruddur. npm packages are installed in its node_modules folder, cfn-lint in a
# virtual environment in target/.

INFRA := examples/cruddur/infra
INFRA_VENV := target/venv-infra

.PHONY: test-infra

$(INFRA)/node_modules/.package-lock.json: $(INFRA)/package-lock.json
	$(call node,20.0)
	npm --prefix $(INFRA) ci --silent
	@touch $@

$(INFRA_VENV)/bin/cfn-lint: $(INFRA)/requirements-test.txt examples/cruddur/infra/build.mk
	$(call venv,$(INFRA_VENV),-r $(INFRA)/requirements-test.txt)
	@touch $@

test-infra: $(INFRA)/node_modules/.package-lock.json $(INFRA_VENV)/bin/cfn-lint ## the CDK app of examples/cruddur: types, templates, cdk-nag, cfn-lint
	rm -rf $(INFRA)/cdk.out/tests
	cd $(INFRA) && npm run --silent check && npm test --silent
	cd $(INFRA) && $(CURDIR)/$(INFRA_VENV)/bin/cfn-lint cdk.out/tests/*/*.template.json
