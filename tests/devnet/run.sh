#!/usr/bin/env bash
# Runs one test of the devnet with a client from outside: run.sh TEST DEVNET_HOST. Installs the clients first, once.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export DEVNET_HOST=$2
(
  flock 9
  if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed"; then
    (cd "$here" && npm ci --no-audit --no-fund --silent)
    cp "$here/package-lock.json" "$here/node_modules/.installed"
  fi
) 9>"$here/.install.lock"
exec node --test "$here/$1"
