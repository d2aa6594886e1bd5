#!/usr/bin/env bash
# Installs the SMPP server that tests use (package-lock.json names its version), once; callers may come side by side.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
exec 9>"$here/.install.lock"
flock 9
if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed"; then
  (cd "$here" && npm ci --no-audit --no-fund --silent)
  cp "$here/package-lock.json" "$here/node_modules/.installed"
fi
