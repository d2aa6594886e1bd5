#!/usr/bin/env bash
# Runs one test of belfry's AWS-compatible endpoint with a client from outside: run.sh TEST BUILD_FOLDER BELFRY [PYTHON_SET].
# Installs the clients first, once: Python's into BUILD_FOLDER/aws-clients/SET from requirements(-SET).txt, Java's into
# BUILD_FOLDER/aws-clients/java(-SET) from java/pom.xml, Go's by go/go.mod or go/SET.mod, Node's beside the tests.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
test=$1 build=$2 set=${4:-}
export BELFRY=$3
. "$here/../support/install.sh"

python_set() {
  local folder=$build/aws-clients/${set:-current}
  python_packages "$folder" "$here/requirements${set:+-$set}.txt"
  python=$folder/bin/python
}

jars() {
  local version=()
  [ "$set" != query ] || version=(-Dsdk=2.20.162)  # SQS spoke Query then
  jars=$build/aws-clients/java${set:+-$set}
  java_packages "$jars" "$here/java/pom.xml" "${version[@]}"
}

case $test in
  hostile_test.py | redirect_test.py)
    exec python3 "$here/$test"
    ;;
  load.py)
    exec python3 "$here/$test" --short
    ;;
  sns_delivery_test.py | sns_push_test.py)
    python_set
    node_packages "$here"
    exec "$python" "$here/$test"
    ;;
  *.py)
    python_set
    exec "$python" "$here/$test"
    ;;
  *.java)
    jars
    exec python3 "$here/with_belfry.py" java -cp "$jars/*" "$here/java/$test"
    ;;
  *.go)
    export GOTOOLCHAIN=local GOFLAGS=-buildvcs=false
    cd "$here/go"
    exec python3 "$here/with_belfry.py" go test ${set:+-modfile="$set.mod"} -count=1 ./...
    ;;
  *.mjs)
    node_packages "$here"
    exec python3 "$here/with_belfry.py" node --test "$here/$test"
    ;;
esac
