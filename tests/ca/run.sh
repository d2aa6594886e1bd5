#!/usr/bin/env bash
# Runs npm fabric-ca-client of one version against belfry's CA: run.sh VERSION BELFRY. Installs it first, once, as
# VERSION/package-lock.json names it; without its native parts, which do not build on today's Node and are not needed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../support/install.sh"
node_packages "$here/$1" --ignore-scripts
CLIENT_VERSION=$1 BELFRY=$2 exec node --test "$here/client_test.mjs"
