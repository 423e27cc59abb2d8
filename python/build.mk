# The Python package. Everything these verbs install goes into a virtual environment under
# target/, and nothing onto the machine.

PYTHON ?= python3
MATURIN := maturin==1.16.0
WHEEL_VENV := target/venv-wheel

.PHONY: wheel layer test-python bench-python

$(WHEEL_VENV)/bin/maturin: python/build.mk
	@# Debian's python3 comes without.
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
	  { $(AS_ROOT) apt-get update -qq && $(AS_ROOT) apt-get install -qq python3-venv; } </dev/null || \
	  { echo "missing: the ensurepip of $(PYTHON) (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(WHEEL_VENV)
	$(WHEEL_VENV)/bin/pip install -q --disable-pip-version-check $(MATURIN)
	@touch $@

wheel: $(WHEEL_VENV)/bin/maturin ## the Python wheel and source distribution, into dist/
	rm -f dist/roundel-*.whl dist/roundel-*.tar.gz
	$(WHEEL_VENV)/bin/maturin sdist -m python/Cargo.toml -o dist
	$(WHEEL_VENV)/bin/maturin build -q --release --locked -m python/Cargo.toml -o dist
	@ls -l dist/roundel-*

layer: wheel ## an AWS Lambda layer with the Python package, dist/roundel-layer.zip
	$(PYTHON) python/layer.py dist/roundel-*.whl dist/roundel-layer.zip

test-python: layer ## the Python package, from its wheel in a fresh environment outside the tree
	PYTHON="$(PYTHON)" python/test.sh dist/roundel-*.whl dist/roundel-layer.zip

BENCH_VENV := target/venv-bench-python
BENCH_PHOTOS ?=

bench-python: wheel ## the Python package beside Pillow, OpenCV and pyvips; BENCH_PHOTOS="a.jpg ..."
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/pip install -q --disable-pip-version-check --force-reinstall --no-deps dist/roundel-*.whl
	$(BENCH_VENV)/bin/pip install -q --disable-pip-version-check -r benches/compare/requirements-python.txt
	$(BENCH_VENV)/bin/python benches/compare/python.py $(BENCH_PHOTOS)
