#!/usr/bin/env bash
# Installs the SMPP server that tests use (package-lock.json names its version), once; callers may come side by side.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/install.sh"
node_packages "$here"
