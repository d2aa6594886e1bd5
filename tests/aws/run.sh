#!/usr/bin/env bash
# Runs one test of belfry's AWS-compatible endpoint with a client from outside: run.sh TEST BUILD_FOLDER BELFRY [PYTHON_SET].
# Installs the clients first, once: Python's into BUILD_FOLDER/aws-clients/SET from requirements(-SET).txt, Java's into
# BUILD_FOLDER/aws-clients/java(-SET) from java/pom.xml, Go's by go/go.mod or go/SET.mod, Node's beside the tests.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
test=$1 build=$2 set=${4:-}
export BELFRY=$3

python_set() {
  local wanted=$here/requirements${set:+-$set}.txt folder=$build/aws-clients/${set:-current}
  mkdir -p "$build/aws-clients"
  (
    flock 9
    if ! cmp -s "$wanted" "$folder/.installed"; then
      python3 -m venv --clear "$folder"
      "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"
      cp "$wanted" "$folder/.installed"
    fi
  ) 9>"$folder.lock"
  python=$folder/bin/python
}

node_modules() {
  (
    flock 9
    if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed"; then
      (cd "$here" && npm ci --no-audit --no-fund --silent)
      cp "$here/package-lock.json" "$here/node_modules/.installed"
    fi
  ) 9>"$here/.install.lock"
}

jars() {
  local folder=$build/aws-clients/java${set:+-$set} version=()
  [ "$set" != query ] || version=(-Dsdk=2.20.162)  # SQS spoke Query then
  mkdir -p "$build/aws-clients"
  (
    flock 9
    if ! cmp -s "$here/java/pom.xml" "$folder/.installed"; then
      rm -rf "$folder"
      mvn -q -B -Dstyle.color=never -f "$here/java/pom.xml" "${version[@]}" dependency:copy-dependencies -DoutputDirectory="$folder"
      cp "$here/java/pom.xml" "$folder/.installed"
    fi
  ) 9>"$folder.lock"
  jars=$folder
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
    node_modules
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
    node_modules
    exec python3 "$here/with_belfry.py" node --test "$here/$test"
    ;;
esac
