# The Python package. Everything that these commands install goes into a virtual environment under
# target/.

MATURIN := maturin==1.16.0
WHEEL_VENV := target/venv-wheel

.PHONY: wheel layer test-python bench-python

$(WHEEL_VENV)/bin/maturin: python/build.mk
	$(call venv,$(WHEEL_VENV),$(MATURIN))
	@touch $@

wheel: $(WHEEL_VENV)/bin/maturin ## builds the Python wheel and source distribution in dist/
	rm -f dist/roundel-*.whl dist/roundel-*.tar.gz
	$(WHEEL_VENV)/bin/maturin sdist -m python/Cargo.toml -o dist
	$(WHEEL_VENV)/bin/maturin build -q --release --locked -m python/Cargo.toml -o dist
	@ls -l dist/roundel-*

layer: wheel ## builds an AWS Lambda layer with the Python package, dist/roundel-layer.zip
	$(PYTHON) python/layer.py dist/roundel-*.whl dist/roundel-layer.zip

test-python: layer ## tests the Python package, from its wheel in a new virtual environment
	PYTHON="$(PYTHON)" python/test.sh dist/roundel-*.whl dist/roundel-layer.zip

BENCH_VENV := target/venv-bench-python

bench-python: wheel ## times the Python package and Pillow, OpenCV and pyvips; PHOTOS="a.jpg ..."
	$(call venv,$(BENCH_VENV),--force-reinstall --no-deps dist/roundel-*.whl)
	$(BENCH_VENV)/bin/pip install -q --disable-pip-version-check -r benches/compare/requirements-python.txt
	$(BENCH_VENV)/bin/python benches/compare/python.py $(PHOTOS)
