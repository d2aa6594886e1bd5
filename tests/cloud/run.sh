#!/usr/bin/env bash
# Runs one test of belfry as a client of AWS: run.sh TEST BUILD_FOLDER BELFRY. What stands in for AWS is installed first, once:
# moto (PyPI) in BUILD_FOLDER/cloud-peers/python; ElasticMQ and DynamoDB Local (Maven) in BUILD_FOLDER/cloud-peers/java.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
test=$1 peers=$2/cloud-peers
export BELFRY=$3 JARS=$peers/java LEDGERS=$here/../data/ledgers
. "$here/../support/install.sh"
python_packages "$peers/python" "$here/requirements.txt"
java_packages "$peers/java" "$here/pom.xml"
exec "$peers/python/bin/python" "$here/$test"
