# Matching: belfry, then quamina (Rust and Go) and event-ruler (Java) on the same patterns and events, one thread each.
# QUAMINA_GO: a folder with quamina's source, where the Go module cannot be had otherwise.
set -euo pipefail
ruler=1.7.3 quamina=v2.0.1
limit=${PEER_SECONDS:-60}  # a peer that has not answered by then is ended
peers=$PWD/bench/peers/match cache=$PWD/.cache/match-peers
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
build/bench/match_bench
build/bench/match_bench --write "$files"

peer() {  # NAME COMMAND …: each set and size
  local name=$1 set count
  shift
  printf '\n%-12s %9s %10s %12s %8s\n' "$name" patterns "build s" "events/s" matched
  for set in exact after before numeric; do
    for count in 1000 100000; do
      printf '%-12s %9d ' "$set" "$count"
      timeout "$limit" "$@" "$files/$set-$count.patterns" "$files/$count.events" 2>&1 | tail -1 || echo "no answer in $limit s"
    done
  done
}

mkdir -p "$cache"
cp -r "$peers"/. "$cache"

rust() (cd "$cache/rust" && cargo build --quiet --release)
if command -v cargo >/dev/null && rust; then
  peer "quamina Rust" "$cache/rust/target/release/match-peer"
else
  echo "quamina in Rust: not here"
fi

go_peer() (
  cd "$cache/go"
  rm -f go.mod go.sum
  go mod init match-peer
  if [ -n "${QUAMINA_GO:-}" ]; then
    go mod edit -require "quamina.net/go/quamina/v2@$quamina" -replace "quamina.net/go/quamina/v2=$QUAMINA_GO"
  else
    go get "quamina.net/go/quamina/v2@$quamina"
  fi
  go build -o match-peer .
) >"$cache/go.log" 2>&1
if command -v go >/dev/null && go_peer; then
  peer "quamina Go" "$cache/go/match-peer"
else
  echo "quamina in Go: not here"
fi

java_peer() (
  cd "$cache/java"
  if [ ! -e "event-ruler-$ruler.jar" ]; then
    cat >pom.xml <<XML
<project><modelVersion>4.0.0</modelVersion><groupId>belfry</groupId><artifactId>peer</artifactId><version>1</version>
<dependencies><dependency><groupId>software.amazon.event.ruler</groupId><artifactId>event-ruler</artifactId>
<version>$ruler</version></dependency></dependencies></project>
XML
    mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory=.
  fi
  javac -cp "*" Peer.java
)
if command -v mvn >/dev/null && java_peer; then
  peer event-ruler java -Xmx4g -cp "$cache/java:$cache/java/*" Peer
else
  echo "event-ruler: not here"
fi
