# ./dev bench [NAME]: measures, beside the named peers and limits, and prints the ratios.
set -euo pipefail
if [ "${1:-}" = --help ]; then
  echo "./dev bench [NAME ...]: run every benchmark under bench/, or those named:"
  ls bench/*.sh 2>/dev/null | sed 's|bench/\(.*\)\.sh|  \1|'
  exit 0
fi
bash tools/dev/build.sh release all
if [ $# -eq 0 ]; then
  mapfile -t names < <(ls bench/*.sh | sed 's|bench/\(.*\)\.sh|\1|')
else
  names=("$@")
fi
for name in "${names[@]}"; do
  [ -e "bench/$name.sh" ] || { echo "dev bench: there is no benchmark '$name'" >&2; exit 2; }
  echo "== $name"
  bash "bench/$name.sh"
done
