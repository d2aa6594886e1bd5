#!/usr/bin/env bash
# Runs one test script with Node's test runner: run.sh SCRIPT SENDER.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bash "$here/install.sh"
SENDER=$2 exec node --test "$here/$1"
