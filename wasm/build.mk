# The wasm build and the npm package. npm's packages stay in wasm/node_modules, wasm-bindgen's
# command line under target/.

.PHONY: wasm test-wasm setup-wasm demo-browser

setup-wasm: wasm/node_modules/.package-lock.json ## installs the browsers of the tests, and what builds wasm
	@.ci/require $${CHROMIUM:-/usr/bin/chromium}=chromium $${FIREFOX:-/usr/bin/firefox-esr}=firefox-esr

wasm/node_modules/.package-lock.json: wasm/package-lock.json
	$(call node,20.19)
	npm --prefix wasm ci --silent
	@touch $@

wasm: wasm/node_modules/.package-lock.json ## the npm package, into dist/
	wasm/build.sh
	cp LICENSE-MIT LICENSE-APACHE wasm
	mkdir -p dist
	rm -f dist/roundel-*.tgz
	cd wasm && npm pack --silent --pack-destination ../dist
	@ls -l dist/roundel-*.tgz

EXAMPLE := examples/browser/node_modules/.package-lock.json

$(EXAMPLE): examples/browser/package-lock.json
	npm --prefix examples/browser ci --silent
	@touch $@

demo-browser: wasm $(EXAMPLE) ## the picker on a page of its own, on localhost
	npm --prefix examples/browser start

test-wasm: setup-wasm wasm $(EXAMPLE) ## the npm package, in Node, Chromium and Firefox
	cd wasm && npm test
