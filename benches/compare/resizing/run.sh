#!/bin/sh
# The study of docs/resizing.md: run.sh [FOLDER_OF_PHOTOS]. Needs ImageMagick (`convert`), Node, Python
# 3.11 or newer and Rust; writes the sheets to docs/ and prints the tables.
set -eu
corpus=${1:+--corpus $(realpath "$1")}
cd "$(dirname "$0")"
(cd .. && npm ci --silent)
[ -d .venv ] || "${PYTHON:-python3}" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
cargo build --quiet --release --manifest-path ../../Cargo.toml --bin peer
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
export ROUNDEL_PEER="$target/release/peer"
# shellcheck disable=SC2086 # one option and its value
.venv/bin/python study.py ../../../docs $corpus
