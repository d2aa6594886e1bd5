# ./dev fmt [--check]: clang-format over our sources.
set -euo pipefail
case "${1:-}" in
  --help) echo "./dev fmt [--check]: format the C++ sources in place, or only say which differ"; exit 0 ;;
  --check) flags=(--dry-run -Werror) ;;
  *) flags=(-i) ;;
esac
bash tools/dev/setup.sh
git ls-files -co --exclude-standard '*.h' '*.cc' | xargs clang-format-14 "${flags[@]}"
