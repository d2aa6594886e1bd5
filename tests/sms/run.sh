#!/usr/bin/env bash
# Runs one test script with Node's test runner: run.sh SCRIPT SENDER. Installs the SMPP server it needs first, once.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
(
  flock 9
  if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed"; then
    (cd "$here" && npm ci --no-audit --no-fund --silent)
    cp "$here/package-lock.json" "$here/node_modules/.installed"
  fi
) 9>"$here/.install.lock"
SENDER=$2 exec node --test "$here/$1"
