# ./dev COMMAND: finds the command's script beside this one. Runs in the project's top folder.
set -euo pipefail
here=tools/dev

usage() {
  cat <<'TEXT'
./dev: everything one does with this project

  ./dev setup          install what the build and the tests need (Debian packages, Fabric's protocol definitions)
  ./dev build [PRESET] build; leaves the command at build/belfry
  ./dev test [...]     build and run all tests; --help lists its parts
  ./dev demo [...]     watch a ledger's donations reach phones
  ./dev bench [NAME]   measure, beside the named peers and limits
  ./dev soak [NAME]    long campaigns: crashes, power losses, fuzzing
  ./dev fmt [--check]  format the sources

Every command takes --help. setup runs by itself before the first build.
TEXT
}

command=${1:-help}
[ $# -eq 0 ] || shift
case "$command" in
  help | -h | --help) usage ;;
  setup | build | test | demo | bench | soak | fmt) exec bash "$here/$command.sh" "$@" ;;
  *)
    echo "dev: there is no command '$command'" >&2
    usage >&2
    exit 2
    ;;
esac
