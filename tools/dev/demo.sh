# ./dev demo: builds, then shows how donations on a ledger reach phones.
set -euo pipefail
case "${1:-}" in
  --help)
    cat <<'TEXT'
./dev demo [--keep]: the AWS post's eight steps on belfry devnet, with the donation application in C++ and its upgrade; then a handler that fails
                     and is mended, and a listener that is killed. --keep: everything stays up until Enter
./dev demo --fabric [--keep]: the same on a network of Fabric's own programs (FABRIC_BIN, FABRIC_CFG_PATH)
./dev demo --recorded: a recorded ledger flows through listener, queue, function and topic to phones, through a crash, counted in the end
TEXT
    exit 0
    ;;
  --recorded)
    bash tools/dev/build.sh release belfry
    exec python3 examples/recorded-ngo/demo.py build/belfry
    ;;
  --fabric | --keep | "") ;;
  *) echo "dev demo: there is no $1" >&2; exit 2 ;;
esac
bash tools/dev/build.sh release belfry ngo_v1 ngo_v2
exec python3 examples/ngo/demo.py build "$@"
