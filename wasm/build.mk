# The wasm build and the npm package. npm's packages stay in wasm/node_modules, wasm-bindgen's
# command line under target/.

.PHONY: wasm test-wasm setup-wasm demo-browser

setup-wasm: wasm/node_modules/.package-lock.json ## installs the browsers of the tests, and what builds wasm
	@missing=(); \
	command -v "$${CHROMIUM:-/usr/bin/chromium}" >/dev/null || missing+=(chromium); \
	command -v "$${FIREFOX:-/usr/bin/firefox-esr}" >/dev/null || missing+=(firefox-esr); \
	if [ $${#missing[@]} != 0 ]; then \
	  { $(AS_ROOT) apt-get update -qq && DEBIAN_FRONTEND=noninteractive $(AS_ROOT) apt-get install -qq --no-install-recommends $${missing[@]}; } </dev/null || \
	  { echo "missing: $${missing[*]} (or set CHROMIUM and FIREFOX to where they are)" >&2; exit 1; }; \
	fi

wasm/node_modules/.package-lock.json: wasm/package-lock.json
	@node -e 'const [major, minor] = process.versions.node.split("."); process.exit(Number(major * 100 + +minor < 2019))' && \
	command -v npm >/dev/null || \
	  { echo "missing: Node 20.19 or later, with npm (Debian 13: apt-get install nodejs npm; else https://nodejs.org)" >&2; exit 1; }
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
