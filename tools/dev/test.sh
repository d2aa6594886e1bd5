# ./dev test: builds and runs the tests, from the quickest to the longest.
set -euo pipefail
usage() {
  cat <<'TEXT'
./dev test [PART ...]: build and run the tests; without a part all of them

  unit       each folder's own tests, and the house (who may include whom)
  scenarios  the command, end to end, with recorded ledgers, a misbehaving peer and short crash campaigns
  clients    real SMPP and HTTP providers; AWS's own clients
  sanitize   the unit tests under address, undefined-behaviour and thread sanitizers
  fuzz       each fuzz target for a few seconds, beginning with its corpus
  fabric     real peers and orderers, found in FABRIC_BIN and FABRIC_CFG_PATH; skipped without them

--quick: unit and scenarios. --fabric: only fabric.
TEXT
}
parts=()
for argument in "$@"; do
  case "$argument" in
    -h | --help) usage; exit 0 ;;
    --quick) parts=(unit scenarios) ;;
    --fabric) parts=(fabric) ;;
    unit | scenarios | clients | sanitize | fuzz | fabric) parts+=("$argument") ;;
    *) echo "dev test: there is no part '$argument'" >&2; usage >&2; exit 2 ;;
  esac
done
[ ${#parts[@]} -gt 0 ] || parts=(unit scenarios clients sanitize fuzz fabric)

failed=()   # what to say at the end, one after another
passed=0
skipped=0
# Runs ctest for a label in a build folder, only tests of that name if one is given, and adds up what it says.
run_label() {  # FOLDER LABEL [NAME]
  local results=$1/$2.xml began=$SECONDS status=0
  rm -f "$results"
  (cd "$1" && ctest -L "^$2\$" -R "${3:-.}" -j "$(nproc)" --no-tests=error --output-junit "$2.xml") >"$1/ctest-$2.log" 2>&1 || status=$?
  local counts
  if [ ! -s "$results" ] || ! counts=$(python3 tools/dev/results.py --count "$results"); then
    failed+=("$2 in $1: ctest did not run: $(tail -5 "$1/ctest-$2.log")")
    return
  fi
  local good bad off
  read -r good bad off <<<"$counts"
  passed=$((passed + good))
  skipped=$((skipped + off))
  echo "$2 in $1: $good passed, $bad failed, $off skipped in $((SECONDS - began)) s"
  [ "$bad" -eq 0 ] && [ "$status" -eq 0 ] || failed+=("$2 in $1:"$'\n'"$(python3 tools/dev/results.py "$results")")
}

# Address and undefined behaviour: every unit test, from the build that the fuzz targets are made of. Threads: the folders
# that have some of their own and none of gRPC's, which is not instrumented and would give false alarms.
sanitize_all() {
  bash tools/dev/build.sh fuzz unit_tests fuzz_targets
  run_label build-fuzz unit
}
sanitize_threads() {  # FOLDER...
  bash tools/dev/build.sh tsan $(printf 'belfry_%s_test ' "$@")
  run_label build-tsan unit "^($(IFS='|'; echo "$*"))\\."
}

built=
for part in "${parts[@]}"; do
  echo "== $part"
  case "$part" in
    unit | scenarios | clients | fabric)
      [ -n "$built" ] || bash tools/dev/build.sh release all
      built=yes
      run_label build "$part"
      ;;
    sanitize)
      sanitize_all
      sanitize_threads base queue topic pipeline http sinks functions aws chaincode
      ;;
    fuzz)
      mkdir -p build-fuzz
      if bash tools/dev/fuzz.sh --seconds 5 2>&1 | tee build-fuzz/fuzz.log; then
        passed=$((passed + 1))
      else
        failed+=("fuzz:"$'\n'"$(tail -40 build-fuzz/fuzz.log)")
      fi
      ;;
  esac
done

# Last, so that the end of a log tells what to mend.
for what in "${failed[@]}"; do printf '\nFAILED: %s\n' "$what"; done
echo "$passed passed, ${#failed[@]} parts failed, $skipped skipped"
[ ${#failed[@]} -eq 0 ]
