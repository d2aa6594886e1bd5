# ./dev build [PRESET [TARGET ...]]: configures once and builds; see --help.
set -euo pipefail
if [ "${1:-}" = --help ]; then
  cat <<'TEXT'
./dev build [PRESET [TARGET ...]]: build a preset of CMakePresets.json

  ./dev build                              the command, at build/belfry, and the example chaincode, in build/examples/ngo
  ./dev build release all                  with every test and benchmark
  ./dev build asan belfry_queue_test       one target under address and undefined-behaviour sanitizers

Presets: release, debug, asan, tsan, fuzz.
TEXT
  exit 0
fi
preset=${1:-release}
[ $# -eq 0 ] || shift
if [ $# -eq 0 ]; then
  [ "$preset" = release ] && set -- belfry ngo_v1 ngo_v2 || set -- all
fi
bash tools/dev/setup.sh
folder=build
[ "$preset" = release ] || folder=build-$preset
# Checkouts in different folders share what ccache keeps.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
# A preset's own configuration is kept: configuring again is needed only when there is none.
[ -e "$folder/build.ninja" ] || cmake --preset "$preset" -Wno-dev >/dev/null
make=(cmake --build "$folder" -j "$(nproc)" --target "$@")
if [ -t 1 ]; then
  exec "${make[@]}"
fi
# Into a file or a pipe goes only what matters: what failed, and why.
log=$folder/build.log
if ! "${make[@]}" >"$log" 2>&1; then
  grep -A40 -m3 -E '^FAILED: |error: |^CMake Error' "$log" | grep -vE '^\[[0-9]+/[0-9]+\] ' | cut -c-400 | head -120 >&2
  echo "build: $preset failed; the whole story is in $log" >&2
  exit 1
fi
