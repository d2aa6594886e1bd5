#!/usr/bin/env bash
# Runs one test of the devnet with a client from outside: run.sh TEST DEVNET_HOST BELFRY. Installs the
# clients first, once; those of 1.4 without their native parts, but for the one that is small and builds on today's Node.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export DEVNET_HOST=$2 BELFRY=$3 JARS=$here/java/jars

. "$here/../support/install.sh"

# Those of 1.4 without their native parts, but for the one that is small and builds on today's Node, with the headers that came
# with it.
make_modules_1.4() {
  make_modules "$1" --ignore-scripts
  (cd "$1" && npm_config_nodedir=$(dirname "$(dirname "$(command -v node)")") npm rebuild --silent @ampretia/x509)
}
node_packages "$here"
installed "$here/1.4/node_modules" "$here/1.4/package-lock.json" make_modules_1.4 "$here/1.4"
[[ $1 != java.* ]] || java_packages "$JARS" "$here/java/pom.xml"
exec node --test "$here/$1"
