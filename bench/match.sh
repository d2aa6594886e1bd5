# Matching: belfry, then quamina (Rust) and event-ruler (Java) on the same patterns and events, one thread each.
# quamina in Go is the same design; it is measured where its module can be had.
set -euo pipefail
peers=bench/peers/match
ruler=1.7.3
limit=${PEER_SECONDS:-60}  # a peer that has not answered by then is ended
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
build/bench/match_bench
build/bench/match_bench --write "$files"

peer() {  # NAME COMMAND …: each set and size
  local name=$1 set count
  shift
  printf '\n%-8s %9s %10s %12s %8s\n' "$name" patterns "build s" "events/s" matched
  for set in exact after before numeric; do
    for count in 1000 100000; do
      printf '%-8s %9d ' "$set" "$count"
      timeout "$limit" "$@" "$files/$set-$count.patterns" "$files/$count.events" 2>&1 | tail -1 || true
      [ "${PIPESTATUS[0]}" -ne 124 ] || echo "no answer in $limit s"
    done
  done
}

if command -v cargo >/dev/null; then
  cargo build --quiet --release --manifest-path $peers/rust/Cargo.toml --target-dir .cache/match-peer-rust
  peer quamina .cache/match-peer-rust/release/match-peer
else
  echo "quamina: cargo is not here"
fi

jars=.cache/match-peer-java
mkdir -p $jars
if [ ! -e $jars/event-ruler-$ruler.jar ]; then
  cat >$jars/pom.xml <<XML
<project><modelVersion>4.0.0</modelVersion><groupId>belfry</groupId><artifactId>peer</artifactId><version>1</version>
<dependencies><dependency><groupId>software.amazon.event.ruler</groupId><artifactId>event-ruler</artifactId>
<version>$ruler</version></dependency></dependencies></project>
XML
  mvn -q -B -Dstyle.color=never -f $jars/pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory=.
fi
javac -cp "$jars/*" -d $jars $peers/java/Peer.java
peer ruler java -Xmx4g -cp "$jars:$jars/*" Peer
