#!/usr/bin/env bash
# Compares roundel with other libraries: run.sh [FOLDER_OF_PHOTOS].
#
# Installs them into ignored folders here, measures made photos and the folder (or the example photo), and
# writes benches/results. What is measured is kept: a repeated call goes on where the last one stopped.
# SECONDS_EACH=10 is the time for the rounds of one photo.
set -euo pipefail
photos=$(realpath "${1:-$(dirname "$0")/../../examples/photos}")
cd "$(dirname "$0")"
results=$(realpath ../results)
python=${PYTHON:-python3}

npm ci --silent
[ -d .venv ] || "$python" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt

# It has no wheels. Without a compiler or the headers of libjpeg, zlib and lcms2 it is left out.
if [ ! -d .venv-simd ]; then
  "$python" -m venv .venv-simd
  if timeout 300 .venv-simd/bin/pip install --quiet --disable-pip-version-check -r requirements-simd.txt \
      > simd.log 2>&1 && .venv-simd/bin/python -c 'from PIL import _imagingcms' >> simd.log 2>&1; then
    touch .venv-simd/installed
  fi
fi

# Any failure leaves the tool out, and the report says so.
command -v vipsthumbnail > /dev/null || NO_INSTALL='' ../../.ci/require vipsthumbnail=libvips-tools || true
cargo build --quiet --release --manifest-path rust/Cargo.toml --target-dir target
cargo build --quiet --release --manifest-path ../Cargo.toml --bin peer --bin inputs
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
export ROUNDEL_PEER="$target/release/peer"
# The newest commit of the library: a commit of results does not make them outdated.
ROUNDEL_COMMIT=$(git log -1 --format=%h -- ../../core 2> /dev/null || true)
export ROUNDEL_COMMIT
"$target/release/inputs" inputs

.venv/bin/python measure.py "$results" inputs "$photos" --seconds "${SECONDS_EACH:-10}"
.venv/bin/python fidelity.py "$results" "$photos" inputs/jpeg-420-12mp.jpg inputs/jpeg-progressive-12mp.jpg \
  inputs/png-rgb-12mp.png
.venv/bin/python report.py "$results"
