#!/usr/bin/env bash
# Runs one test of Lambda functions: run.sh TEST BUILD_FOLDER BELFRY BOOTSTRAP. Installs AWS's SDKs and the official runtime
# clients first, once: Python's into BUILD_FOLDER/lambda-clients, Node's beside the tests.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
test=$1 build=$2
export BELFRY=$3 BOOTSTRAP=$4

. "$here/../support/install.sh"

venv=$build/lambda-clients
python_packages "$venv" "$here/requirements.txt"
node_packages "$here"
# aws-lambda-ric is compiled on installation, which takes minutes: only for the test that needs it.
[ "$test" != runtimes_test.py ] || node_packages "$here/ric"

# Functions find python3 on PATH: this one, with boto3.
export PATH=$venv/bin:$PATH
case $test in
  *.py) exec "$venv/bin/python" "$here/$test" ;;
  *.mjs) exec "$venv/bin/python" "$here/with_belfry.py" node --test "$here/$test" ;;
esac
