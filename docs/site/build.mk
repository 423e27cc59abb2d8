# The documentation site. Its two packages are installed in docs/site/node_modules, and what its pages
# compare with in docs/site/migrate.

SITE := docs/site
SITE_VENV := target/venv-site

.PHONY: site serve-site test-pages test-site

$(SITE)/node_modules/.package-lock.json: $(SITE)/package-lock.json
	$(call node,20.19)
	npm --prefix $(SITE) ci --silent
	@touch $@

site: wasm $(SITE)/node_modules/.package-lock.json ## builds the documentation site, dist/site, with a playground
	node $(SITE)/build.js dist/site

serve-site: site ## serves the documentation site on localhost
	cd dist/site && $(PYTHON) -m http.server 8000 --bind 127.0.0.1

test-pages: wasm $(SITE)/node_modules/.package-lock.json ## the documentation site: links, options, generated code
	npm --prefix $(SITE) test --silent

$(SITE)/migrate/node_modules/.package-lock.json: $(SITE)/migrate/package-lock.json
	npm --prefix $(SITE)/migrate ci --silent
	@touch $@

$(SITE_VENV)/installed: $(SITE)/migrate/requirements.txt
	$(call venv,$(SITE_VENV),-r $<)
	@touch $@

# Not a part of `make test`: it installs the libraries that the pages compare with.
test-site: setup-wasm site wheel $(SITE)/migrate/node_modules/.package-lock.json $(SITE_VENV)/installed ## the site in Chromium, and the programs of the migration pages
	$(SITE_VENV)/bin/pip install -q --disable-pip-version-check --force-reinstall --no-deps dist/roundel-*.whl
	npm --prefix $(SITE) run --silent test-browser
	$(SITE_VENV)/bin/python -m unittest discover -s $(SITE)/tests/python
