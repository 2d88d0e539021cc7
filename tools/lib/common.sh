# shellcheck shell=bash
# What tools/setup, tools/quickstart, tools/test and the checks share. Sourced, never run.

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)

# Everything that a script is about to do is said first.
say() { printf '==> %s\n' "$*"; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# Seconds since <start> (of date +%s.%N), with one decimal.
since() { awk -v a="$1" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }'; }

# need_disk GB FOLDER WHAT: stops before a disk is full, and not in the middle of what fills it.
need_disk() {
  local free
  free=$(df -Pk "$2" | awk 'NR == 2 { print int($4 / 1048576) }')
  ((free >= $1)) || die "$3 needs $1 GB, and $2 has $free GB left."
}

# What LibTorch the build would find: "version|CPU or full|folder|what was passed over".
locate_torch() { cmake -P "$ROOT/tools/cmake/RouxTorch.cmake"; }

# configure PRESET [--werror | --as-it-is]: unless it was done, and alike. Whether warnings are errors is
# always said, or CMake's cache would keep what an earlier run said; --as-it-is leaves that alone.
configure() {
  local preset=$1 folder=$ROOT/build/$1 werror=OFF
  if [[ ${2-} == --werror || $preset == dev ]]; then werror=ON; fi # dev has them in its preset
  if [[ ${2-} == --as-it-is && -f $folder/build.ninja ]]; then return; fi
  if [[ ! -f $folder/build.ninja ]] ||
    ! grep -qx "ROUX_WERROR:BOOL=$werror" "$folder/CMakeCache.txt"; then
    say "configure build/$preset"
    (cd "$ROOT" && cmake --preset "$preset" "-DROUX_WERROR=$werror")
  fi
}

build() {
  local preset=$1
  shift
  say "build build/$preset${*:+ ($*)}"
  # From nothing; what is there already is no longer needed.
  [[ -d $ROOT/build/$preset/bin ]] || need_disk 2 "$ROOT" "the build"
  ninja -C "$ROOT/build/$preset" "$@"
}
