#!/bin/sh
# Runs one fuzz target with the corpus' JPEGs as seeds: run.sh TARGET CORPUS [SECONDS]
set -eu
target=$1
seeds=$(cd "$2" && pwd)
seconds=${3:-1200}
cd "$(dirname "$0")"
mkdir -p "corpus/$target"
set -- "corpus/$target"
for class in jpeg-matrix jpeg-variants jpeg-quirks jpeg-damaged damage-made bombs; do
    set -- "$@" "$seeds/$class"
done
# 64 MiB is the default memory limit; the sanitizer and the rows that are kept need some more.
exec cargo +nightly fuzz run "$target" ${TARGET_DIR:+--target-dir "$TARGET_DIR"} "$@" -- \
    -dict=jpeg.dict -max_total_time="$seconds" -max_len=32768 -timeout=5 \
    -malloc_limit_mb=96 -rss_limit_mb=1024 -print_final_stats=1
