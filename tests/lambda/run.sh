#!/usr/bin/env bash
# Runs one test of Lambda functions: run.sh TEST BUILD_FOLDER BELFRY BOOTSTRAP. Installs AWS's SDKs and the official runtime
# clients first, once: Python's into BUILD_FOLDER/lambda-clients, Node's beside the tests.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
test=$1 build=$2
export BELFRY=$3 BOOTSTRAP=$4

venv=$build/lambda-clients
mkdir -p "$build"
(
  flock 9
  if ! cmp -s "$here/requirements.txt" "$venv/.installed"; then
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/.installed"
  fi
) 9>"$build/lambda-clients.lock"

node_modules() {
  (
    flock 9
    if ! cmp -s "$1/package-lock.json" "$1/node_modules/.installed"; then
      (cd "$1" && npm ci --no-audit --no-fund --silent)
      cp "$1/package-lock.json" "$1/node_modules/.installed"
    fi
  ) 9>"$1/.install.lock"
}
node_modules "$here"
# aws-lambda-ric is compiled on installation, which takes minutes: only for the test that needs it.
[ "$test" != runtimes_test.py ] || node_modules "$here/ric"

# Functions find python3 on PATH: this one, with boto3.
export PATH=$venv/bin:$PATH
case $test in
  *.py) exec "$venv/bin/python" "$here/$test" ;;
  *.mjs) exec "$venv/bin/python" "$here/with_belfry.py" node --test "$here/$test" ;;
esac
