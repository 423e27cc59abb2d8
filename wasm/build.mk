# Builds the wasm and the npm package. The build tools are installed in wasm/node_modules and target/.

.PHONY: wasm test-wasm setup-wasm demo-browser

setup-wasm: wasm/node_modules/.package-lock.json ## installs the build tools and the browsers for the tests
	@.ci/require $${CHROMIUM:-/usr/bin/chromium}=chromium $${FIREFOX:-/usr/bin/firefox-esr}=firefox-esr

wasm/node_modules/.package-lock.json: wasm/package-lock.json
	$(call node,20.19)
	npm --prefix wasm ci --silent
	@touch $@

wasm: wasm/node_modules/.package-lock.json ## builds the npm package in dist/
	wasm/build.sh
	cp LICENSE-MIT LICENSE-APACHE wasm
	mkdir -p dist
	rm -f dist/roundel-*.tgz
	cd wasm && npm pack --silent --pack-destination ../dist
	@ls -l dist/roundel-*.tgz

BROWSER_EXAMPLE := examples/browser/node_modules/.package-lock.json

$(BROWSER_EXAMPLE): examples/browser/package-lock.json
	npm --prefix examples/browser ci --silent
	@touch $@

demo-browser: wasm $(BROWSER_EXAMPLE) ## serves the page with the picker on localhost
	npm --prefix examples/browser start

test-wasm: setup-wasm wasm $(BROWSER_EXAMPLE) ## tests the npm package in Node, Chromium and Firefox
	cd wasm && npm test
