#!/usr/bin/env bash
# Builds the wasm of the package: js/wasm with roundel.wasm, the same with simd128, complete.wasm, and
# avif.wasm, which reads one more format, as does js/heic/wasm.
#
# rustup installs the target if it can. Otherwise Debian's rustc-web and cargo-web compile the
# standard library from rust-web-src.
set -euo pipefail
cd "$(dirname "$0")/.."

target=wasm32-unknown-unknown
built=$(realpath -m "${CARGO_TARGET_DIR:-target}")/wasm
js=wasm/js
flags=("--remap-path-prefix=$PWD=" "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=")
cargo=(cargo)

find_compiler() {
  if rustup target add "$target" 2>/dev/null || can_compile; then return; fi
  use_debian || {
    echo "  with rustup: rustup target add $target" >&2
    exit 1
  }
}

can_compile() {
  [ -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" ]
}

# RUSTC_BOOTSTRAP makes a stable compiler accept -Zbuild-std.
use_debian() {
  .ci/require /usr/bin/rustc=rustc-web /usr/bin/cargo=cargo-web '/usr/src/rustc-*/library=rust-web-src' \
    '/usr/bin/wasm-ld*=lld' || return
  cargo=(/usr/bin/cargo -Zbuild-std=std,panic_abort)
  flags+=("-Clinker=$(find_linker)" -Clinker-flavor=wasm-lld)
  export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
  export __CARGO_TESTS_ONLY_SRC_ROOT=$(echo /usr/src/rustc-*/library)
}

# rustup's linker if there is one, otherwise the newest of Debian.
find_linker() {
  local rustup_lld
  rustup_lld=$(echo "$(rustc --print sysroot)"/lib/rustlib/*/bin/rust-lld)
  if [ -x "$rustup_lld" ]; then echo "$rustup_lld"; else ls -v /usr/bin/wasm-ld* | tail -1; fi
}

# compile FOLDER OUT [FEATURE]: writes target/wasm/FOLDER/OUT.wasm and its glue OUT.js
compile() {
  echo "wasm: $2.wasm ($1)" >&2
  local folder=$built/$1 out=$2 all=("${flags[@]}") level=2
  # At level 2, LLVM inlines up to a cost of 225. With 45, the wasm is 2 % smaller after brotli, and a
  # progressive JPEG takes 3/4 of the time; others take the same. (The decoders of AVIF and HEIC need 225.)
  # Builds without vectors have less code with 25.
  case $1 in
  simd) all+=(-Ctarget-feature=+simd128 -Cllvm-args=--inline-threshold=45) ;;
  plain) all+=(-Cllvm-args=--inline-threshold=25) ;;
  heif) all+=(-Ctarget-feature=+simd128) ;;
  esac
  # Only for browsers of before 2023. At level 2, it would pass 250 kB after brotli.
  [ "$1/$2" != plain/roundel ] || level='"s"'
  CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${all[*]}") "${cargo[@]}" build -q --locked \
    --target "$target" --profile wasm --config "profile.wasm.package.roundel.opt-level=$level" \
    -p roundel-wasm --features "${3:-}" --target-dir "$folder"
  local compiled=$folder/$target/wasm/roundel_wasm.wasm
  is_current "$folder/$out" "$compiled" && return
  bind "$compiled" "$folder" "$out"
  optimize "$folder/${out}_bg.wasm" "$folder/$out.wasm"
  cp "$compiled" "$folder/$out.compiled"
}

# Cargo rewrites an unchanged file, so contents are compared, not times. This skips wasm-opt, the
# slowest step, if nothing has changed.
is_current() {
  cmp -s "$2" "$1.compiled" && [ "$1.wasm" -nt wasm/build.sh ] && [ "$1.wasm" -nt wasm/package-lock.json ]
}

# --experimental-reset-state-function exports a function that discards the instance, which
# js/jobs.js calls after a trap.
bind() {
  "$tools/bin/wasm-bindgen" "$1" --target web --out-dir "$2" --out-name "$3" \
    --omit-default-module-path --encode-into always --experimental-reset-state-function \
    --remove-name-section --remove-producers-section
}

# Features that every engine has had since 2021 (Safari 15).
features=(--enable-bulk-memory --enable-multivalue --enable-mutable-globals
  --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext)

optimize() {
  local simd=()
  [[ $1 = */plain/* ]] || simd=(--enable-simd)
  wasm/node_modules/.bin/wasm-opt -O3 "${features[@]}" "${simd[@]}" --strip-target-features "$1" -o "$2"
}

# The command line must have exactly the version of the library. A registry may not have the
# versions in its lock file, so a second attempt does without.
find_bindgen() {
  local version
  version=$(sed -n '/^name = "wasm-bindgen"$/{n;s/version = "\(.*\)"/\1/p}' Cargo.lock)
  tools=$built/bindgen-$version
  [ -x "$tools/bin/wasm-bindgen" ] && return
  echo "wasm: wasm-bindgen $version" >&2
  local install=(cargo install -q --debug --no-default-features --root "$tools"
    --bin wasm-bindgen "wasm-bindgen-cli@$version" --target-dir "$tools/target")
  "${install[@]}" --locked 2>/dev/null || "${install[@]}"
  rm -rf "$tools/target"
}

find_compiler
find_bindgen
compile_plain() {
  compile plain roundel
  compile plain complete complete
}

compile_simd() {
  compile simd roundel
  compile heif heic heic
  compile heif avif avif
}

compile_plain &
plain=$!
compile_simd
wait "$plain"

# The two small builds share one glue, so it must be the same. The others have a glue each, because it
# holds the instance of wasm.
cmp "$built/simd/roundel.js" "$built/plain/roundel.js"
mkdir -p "$js/wasm" "$js/heic/wasm"
cp "$built/simd/roundel.js" "$built/simd/roundel.d.ts" "$js/wasm"
cp "$built/simd/roundel.wasm" "$js/wasm/roundel-simd.wasm"
cp "$built/plain/roundel.wasm" "$js/wasm/roundel.wasm"
cp "$built/plain/complete.js" "$built/plain/complete.d.ts" "$built/plain/complete.wasm" "$js/wasm"
cp "$built/heif/avif.js" "$built/heif/avif.d.ts" "$built/heif/avif.wasm" "$js/wasm"
cp "$built/heif/heic.js" "$built/heif/heic.d.ts" "$built/heif/heic.wasm" "$js/heic/wasm"
