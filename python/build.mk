# The Python package. Everything that these commands install goes into a virtual environment under
# target/.

MATURIN := maturin==1.16.0
ZIG := ziglang==0.16.0 cargo-zigbuild==0.24.1
WHEEL_VENV := target/venv-wheel

.PHONY: wheel wheels layer test-python bench-python

$(WHEEL_VENV)/bin/maturin: python/build.mk
	$(call venv,$(WHEEL_VENV),$(MATURIN))
	@touch $@

wheel: $(WHEEL_VENV)/bin/maturin ## builds the Python wheel and source distribution in dist/
	rm -f dist/roundel-*.whl dist/roundel-*.tar.gz
	$(WHEEL_VENV)/bin/maturin sdist -m python/Cargo.toml -o dist
	$(WHEEL_VENV)/bin/maturin build -q --release --locked -m python/Cargo.toml -o dist
	@ls -l dist/roundel-*

# Wheels for other machines. zig brings the C libraries of each for libwebp, except Windows', which come with mingw.
# Each must run on a machine as old as its tag says: maturin refuses symbols of newer ones.
CROSS_VENV := target/venv-cross
WHEEL_TARGETS ?= x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu \
  x86_64-unknown-linux-musl aarch64-unknown-linux-musl \
  x86_64-apple-darwin aarch64-apple-darwin x86_64-pc-windows-gnu
CROSS_WHEELS := $(addprefix wheel-,$(WHEEL_TARGETS))

.PHONY: no-wheels $(CROSS_WHEELS)

$(CROSS_VENV)/bin/maturin: python/build.mk
	$(call venv,$(CROSS_VENV),$(MATURIN) $(ZIG))
	@touch $@

wheels: no-wheels $(CROSS_WHEELS) ## wheels for Linux, macOS and Windows, compiled here, in dist/wheels
	$(PYTHON) python/check_wheels.py dist/wheels

no-wheels:
	rm -f dist/wheels/*.whl

$(CROSS_WHEELS): wheel-%: no-wheels $(CROSS_VENV)/bin/maturin
	@case $* in *-windows-gnu) .ci/require x86_64-w64-mingw32-gcc=gcc-mingw-w64-x86-64-posix ;; esac
	rustup target add $*
	PATH="$$PWD/$(CROSS_VENV)/bin:$$PATH" $(CROSS_VENV)/bin/maturin build -q --release --locked \
	  -m python/Cargo.toml -o dist/wheels --target $* \
	  $(if $(findstring linux-gnu,$*),--compatibility manylinux2014) \
	  $(if $(findstring linux-musl,$*),--compatibility musllinux_1_2) \
	  $(if $(findstring windows,$*),,--zig)

layer: wheel ## builds an AWS Lambda layer with the Python package, dist/roundel-layer.zip
	$(PYTHON) python/layer.py dist/roundel-*.whl dist/roundel-layer.zip

test-python: layer ## tests the Python package, from its wheel in a new virtual environment
	PYTHON="$(PYTHON)" python/test.sh dist/roundel-*.whl dist/roundel-layer.zip

BENCH_VENV := target/venv-bench-python

bench-python: wheel ## times the Python package and Pillow, OpenCV and pyvips; PHOTOS="a.jpg ..."
	$(call venv,$(BENCH_VENV),--force-reinstall --no-deps dist/roundel-*.whl)
	$(BENCH_VENV)/bin/pip install -q --disable-pip-version-check -r benches/compare/requirements-python.txt
	$(BENCH_VENV)/bin/python benches/compare/python.py $(PHOTOS)
