#!/bin/sh
# Compares speed, memory and fidelity with the peers: run.sh PHOTO_OR_FOLDER [RUNS [--cpu]]
set -eu
photos=$(realpath "$1")
runs=${2:-9}
cd "$(dirname "$0")"
npm ci --silent
[ -d .venv ] || "${PYTHON:-python3}" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
cargo build --quiet --release --manifest-path ../Cargo.toml --bin peer
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
export ROUNDEL_PEER="$target/release/peer"
.venv/bin/python speed.py --runs "$runs" ${3:-} "$photos"
.venv/bin/python psnr.py "$photos"
