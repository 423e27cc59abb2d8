#!/usr/bin/env bash
# Compares process with the original, which uses Node and sharp: run.sh PHOTO... Needs Node and npm.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
[ $# -gt 0 ] || set -- "$root/examples/photos/astronaut.jpg"
(cd "$here/node" && npm ci --silent --no-audit --no-fund)
# The SDK is part of Lambda's runtime for Node, so the zip contains only the function and sharp.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$here/node" && "${PYTHON:-python3}" -m zipfile -c "$folder/node.zip" index.mjs \
  node_modules/sharp node_modules/@img node_modules/detect-libc node_modules/semver)
printf '%s  %s\n' "$(stat -c %s "$root/dist/roundel-process.zip") bytes" roundel \
  "$(stat -c %s "$folder/node.zip") bytes" "Node + sharp"
"${PYTHON:-python3}" "$here/measure.py" "$root/dist/roundel-process.zip" "$here/node" "$@"
