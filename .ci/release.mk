# What a release needs besides `make test`. Nothing here publishes.

ARM := aarch64-unknown-linux-gnu
ARM_CARGO := CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
  CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu"
OLDEST_RUST := $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

.PHONY: release-check setup-arm test-arm lambda-arm package smoke oldest-rust

# `wheel` empties dist/ of older wheels, so the order counts.
release-check: ## everything that a tag would do, without publishing
	$(MAKE) test
	$(MAKE) package oldest-rust licenses
	$(MAKE) wheels test-arm lambda-arm
	$(MAKE) smoke

setup-arm:
	@.ci/require qemu-aarch64=qemu-user aarch64-linux-gnu-gcc=gcc-aarch64-linux-gnu \
	  '/usr/aarch64-linux-gnu/include/stdio.h=libc6-dev-arm64-cross'
	rustup target add $(ARM)

test-arm: setup-arm ## the library on AArch64 in an emulator: the same digests as on x86-64
	$(ARM_CARGO) cargo test -p roundel --all-features --target $(ARM) --lib --test cases

lambda-arm: setup-arm ## the function process as a zip for arm64, into dist/arm64
	$(ARM_CARGO) $(MAKE) lambda LAMBDA_TARGET=$(ARM) LAMBDA_DIST=dist/arm64

package: ## the crate as crates.io would get it, compiled from its archive
	cargo package -p roundel --locked

oldest-rust: ## compiles with the oldest supported Rust
	rustup toolchain install $(OLDEST_RUST) --profile minimal
	cargo +$(OLDEST_RUST) check --locked -p roundel --all-features --target-dir target/oldest-rust

smoke: ## installs the wheel and the npm package in clean folders; both must render the same bytes
	.ci/smoke dist/roundel-*-manylinux*.whl dist/roundel-*.tgz
