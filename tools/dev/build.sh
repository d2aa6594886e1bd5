# ./dev build [PRESET]: configures once, builds, leaves the command at build/belfry (release).
set -euo pipefail
if [ "${1:-}" = --help ]; then
  echo "./dev build [release|debug|asan|tsan|fuzz] [TARGET ...]: build a preset of CMakePresets.json; release leaves build/belfry"
  exit 0
fi
preset=${1:-release}
[ $# -eq 0 ] || shift
bash tools/dev/setup.sh
folder=build
[ "$preset" = release ] || folder=build-$preset
# A preset's own configuration is kept: configuring again is needed only when there is none.
[ -e "$folder/build.ninja" ] || cmake --preset "$preset" -Wno-dev >/dev/null
cmake --build "$folder" -j "$(nproc)" ${1:+--target "$@"}
