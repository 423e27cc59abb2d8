# presign and authorizer of examples/cruddur, for AWS Lambda. Their tests use the environment of
# lambda/build.mk, and openssl.

.PHONY: functions test-functions

functions: ## the functions presign and authorizer as zips, into dist/
	$(call lambda_zips,cruddur-functions,presign authorizer)

test-functions: $(LAMBDA_VENV)/bin/ministack lambda functions ## presign and the whole chain against AWS on this machine
	$(call lambda_pytest,examples/cruddur/functions/stack)
