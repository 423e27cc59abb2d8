#!/usr/bin/env bash
# Runs the Python tests against an installed wheel: test.sh WHEEL [LAYER]
#
# The wheel is installed into a new virtual environment outside of the repository. The tests run
# from there, so that nothing is imported from the sources.
set -euo pipefail
wheel=$(realpath "$1")
layer=${2:+$(realpath "$2")}
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"${PYTHON:-python3}" -m venv "$folder/venv"
pip=("$folder/venv/bin/python" -m pip install -q --disable-pip-version-check)
"${pip[@]}" "$wheel"

# The example of the README needs no other package.
cd "$folder"
cp "$here/../examples/photos/astronaut.jpg" photo.jpg
sed -n '/^```python$/,/^```$/{/^```/d;p}' "$here/README.md" >readme.py
venv/bin/python readme.py
test -s avatar-256.jpg

"${pip[@]}" -r "$here/requirements-test.txt"
ROUNDEL_LAYER=$layer venv/bin/python -m pytest -c "$here/pyproject.toml" -p no:cacheprovider "$here/tests"
