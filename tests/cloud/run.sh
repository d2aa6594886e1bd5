#!/usr/bin/env bash
# Runs one test of belfry as a client of AWS: run.sh TEST BUILD_FOLDER BELFRY. What stands in for AWS is installed first, once:
# moto (PyPI) in BUILD_FOLDER/cloud-peers/python; ElasticMQ and DynamoDB Local (Maven) in BUILD_FOLDER/cloud-peers/java.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
test=$1 peers=$2/cloud-peers
export BELFRY=$3 JARS=$peers/java LEDGERS=$here/../data/ledgers
mkdir -p "$peers"
(
  flock 9
  if ! cmp -s "$here/requirements.txt" "$peers/python/.installed"; then
    python3 -m venv --clear "$peers/python"
    "$peers/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$peers/python/.installed"
  fi
  if ! cmp -s "$here/pom.xml" "$peers/java/.installed"; then
    rm -rf "$peers/java"
    mvn -q -B -Dstyle.color=never -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$peers/java"
    cp "$here/pom.xml" "$peers/java/.installed"
  fi
) 9>"$peers/.lock"
exec "$peers/python/bin/python" "$here/$test"
