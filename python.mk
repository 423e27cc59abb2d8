# The Python package. Everything these verbs install goes into a virtual environment under
# target/, and nothing onto the machine.

PYTHON ?= python3
MATURIN := maturin==1.16.0
WHEEL_VENV := target/venv-wheel

.PHONY: wheel layer test-python

$(WHEEL_VENV)/bin/maturin: python.mk
	$(PYTHON) -m venv $(WHEEL_VENV)
	$(WHEEL_VENV)/bin/pip install -q --disable-pip-version-check $(MATURIN)
	@touch $@

wheel: $(WHEEL_VENV)/bin/maturin ## the Python wheel and source distribution, into dist/
	rm -f dist/roundel-*.whl dist/roundel-*.tar.gz
	$(WHEEL_VENV)/bin/maturin sdist -q -m python/Cargo.toml -o dist
	$(WHEEL_VENV)/bin/maturin build -q --release --locked -m python/Cargo.toml -o dist
	@ls -l dist/roundel-*

layer: wheel ## an AWS Lambda layer with the Python package, dist/roundel-layer.zip
	$(PYTHON) python/layer.py dist/roundel-*.whl dist/roundel-layer.zip

test-python: layer ## the Python package, from its wheel in a fresh environment outside the tree
	PYTHON="$(PYTHON)" python/test.sh dist/roundel-*.whl dist/roundel-layer.zip
