#!/usr/bin/env bash
# Runs npm fabric-ca-client of one version against belfry's CA: run.sh VERSION BELFRY. Installs it first, once, as
# VERSION/package-lock.json names it; without its native parts, which do not build on today's Node and are not needed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$here/$1
exec 9>"$folder/.install.lock"
flock 9
if ! cmp -s "$folder/package-lock.json" "$folder/node_modules/.installed"; then
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --silent)
  cp "$folder/package-lock.json" "$folder/node_modules/.installed"
fi
flock -u 9
CLIENT_VERSION=$1 BELFRY=$2 exec node --test "$here/client_test.mjs"
