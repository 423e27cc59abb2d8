#!/bin/sh
# Runs one fuzz target with files of the corpus as seeds: run.sh TARGET CORPUS [SECONDS]
#
# Without seeds: run.sh TARGET "". INPUT_SECONDS is the most time of one input.
set -eu
target=$1
seeds=${2:+$(cd "$2" && pwd)}
seconds=${3:-1200}
profile=
cd "$(dirname "$0")"
mkdir -p "corpus/$target"
set -- "corpus/$target"
classes="jpeg-matrix jpeg-variants jpeg-quirks jpeg-damaged damage-made bombs"
others="color png png-damaged webp webp-damaged gif gif-damaged bmp bmp-damaged"
case $target in
render | sniff) classes="$classes $others avif heic" ;;
gif | bmp | png | webp) classes="$target $target-damaged damage-made" ;;
animation) classes="png webp gif webp-damaged gif-damaged damage-made" ;;
heic) classes="heic" ;;
avif)
    classes="avif damage-made"
    # With debug assertions, the decoder of pictures checks every access: a picture takes minutes.
    profile=-O
    ;;
webp_vs_libwebp) classes="webp webp-damaged" ;;
metadata) classes="orientation gps png webp" ;;
esac
for class in ${seeds:+$classes}; do
    set -- "$@" "$seeds/$class"
done
# 64 MiB is the default memory limit. The sanitizer and the collected rows need more.
exec cargo +nightly fuzz run ${profile:-} "$target" ${TARGET_DIR:+--target-dir "$TARGET_DIR"} "$@" -- \
    -dict=jpeg.dict -max_total_time="$seconds" -max_len=32768 -timeout="${INPUT_SECONDS:-5}" \
    -malloc_limit_mb=96 -rss_limit_mb=1024 -print_final_stats=1
