# The wasm build and the npm package.

.PHONY: wasm test-wasm

wasm: ## the npm package, into dist/
	wasm/build.sh
	mkdir -p dist
	rm -f dist/roundel-*.tgz
	cp LICENSE-MIT LICENSE-APACHE wasm/
	cd wasm && npm pack --silent --pack-destination ../dist
	@ls -l dist/roundel-*.tgz
