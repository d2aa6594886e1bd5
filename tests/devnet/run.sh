#!/usr/bin/env bash
# Runs one test of the devnet with a client from outside: run.sh TEST DEVNET_HOST BELFRY. Installs the
# clients first, once; those of 1.4 without their native parts, but for the one that is small and builds on today's Node.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export DEVNET_HOST=$2 BELFRY=$3 JARS=$here/java/jars

# install FOLDER [OPTION …]: whether it was done before is told from its lock file.
is_installed() { cmp -s "$1/package-lock.json" "$1/node_modules/.installed"; }
install() {
  (cd "$1" && npm ci --no-audit --no-fund --silent "${@:2}")
}
(
  flock 9
  if ! is_installed "$here"; then
    install "$here"
    cp "$here/package-lock.json" "$here/node_modules/.installed"
  fi
  if ! is_installed "$here/1.4"; then
    install "$here/1.4" --ignore-scripts
    # Node's headers are those that came with it: none are fetched.
    (cd "$here/1.4" && npm_config_nodedir=$(dirname "$(dirname "$(command -v node)")") npm rebuild --silent @ampretia/x509)
    cp "$here/1.4/package-lock.json" "$here/1.4/node_modules/.installed"
  fi
  if [[ $1 == java.* ]] && ! cmp -s "$here/java/pom.xml" "$JARS/.installed"; then
    rm -rf "$JARS"
    mvn -q -B -Dstyle.color=never -f "$here/java/pom.xml" dependency:copy-dependencies -DoutputDirectory="$JARS"
    cp "$here/java/pom.xml" "$JARS/.installed"
  fi
) 9>"$here/.install.lock"
exec node --test "$here/$1"
