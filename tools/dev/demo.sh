# ./dev demo: builds, then plays a recorded ledger's donations to phones, step by step, and counts what arrived.
set -euo pipefail
if [ "${1:-}" = --help ]; then
  echo "./dev demo: a recorded ledger flows through listener, queue, function and topic to phones, through a crash, counted in the end"
  exit 0
fi
bash tools/dev/build.sh release belfry
exec python3 examples/recorded-ngo/demo.py build/belfry
