# Runs each fuzz target for a while, beginning with its corpus under tests/corpus. Used by ./dev test and ./dev soak.
set -euo pipefail
seconds=5
only=
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=$2; shift 2 ;;
    *) only=$1; shift ;;
  esac
done
bash tools/dev/build.sh fuzz fuzz_targets
mkdir -p build-fuzz/found
count=0
for target in $(find build-fuzz/src build-fuzz/sdk -maxdepth 3 -type f -executable -name '*_fuzz' | sort); do
  name=$(basename "$target")
  [[ -z "$only" || "$name" == *"$only"* ]] || continue
  corpus=tests/corpus/$name
  work=build-fuzz/corpus/$name  # grows here, so that a run changes no file of the project
  mkdir -p "$work"
  log=build-fuzz/$name.log
  # shellcheck disable=SC2046
  if ! "$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix=build-fuzz/found/"$name"- "$work" $([ -d "$corpus" ] && echo "$corpus") >"$log" 2>&1; then
    tail -30 "$log"
    for input in build-fuzz/found/"$name"-*; do
      [ ! -e "$input" ] || echo "fuzz: $input in base64: $(head -c 20000 "$input" | base64 -w 0)"
    done
    echo "fuzz: $name failed; its input is in build-fuzz/found, the whole story in $log" >&2
    exit 1
  fi
  echo "fuzz: $name: $(awk '/number_of_executed_units/ {print $2}' "$log") inputs in $seconds s"
  count=$((count + 1))
done
[ "$count" -gt 0 ] || { echo "fuzz: no target matches '$only'" >&2; exit 1; }
