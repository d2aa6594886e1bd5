# ./dev setup: installs what the build and the tests need, once per version of this file. Quick when nothing is missing.
set -euo pipefail
if [ "${1:-}" = --help ]; then
  echo "./dev setup [--force]: install Debian packages and fetch Fabric's protocol definitions from Maven"
  exit 0
fi

PROTOS=0.3.7          # org.hyperledger.fabric:fabric-protos
PROTOBUF_JAVA=4.36.2  # com.google.protobuf:protobuf-java, only to read the former
build_packages=(
  ca-certificates cmake g++ git make ninja-build pkg-config python3 ccache mold
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  libcurl4-openssl-dev libssl-dev libsimdjson-dev libspdlog-dev libfmt-dev libyaml-cpp-dev libcli11-dev libpugixml-dev
  prometheus-cpp-dev libre2-dev libexpected-dev libarchive-dev zlib1g-dev
)
test_packages=(
  clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 libgtest-dev libgmock-dev libbenchmark-dev liblzma-dev xz-utils
  iproute2
  autoconf automake libtool
)
stamp=.cache/setup-$(sha256sum tools/dev/setup.sh | cut -c1-16)
[ "${1:-}" = --force ] && rm -f "$stamp"
[ -e "$stamp" ] && exit 0
mkdir -p .cache

missing=()
for package in "${build_packages[@]}" "${test_packages[@]}"; do
  dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
done
for tool in java:openjdk-17-jdk-headless mvn:maven node:nodejs npm:npm go:golang-go; do
  command -v "${tool%%:*}" >/dev/null || missing+=("${tool##*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "setup: installing ${#missing[@]} packages: ${missing[*]}"
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >.cache/apt.log 2>&1 ||
    { tail -20 .cache/apt.log >&2; echo "setup: the packages could not be installed; .cache/apt.log has the whole story" >&2; exit 1; }
fi

if [ ! -s .cache/fabric.descriptors ]; then
  echo "setup: taking Fabric's protocol definitions from Maven (fabric-protos $PROTOS)"
  jars=.cache/jars
  mkdir -p "$jars"
  copy=org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy
  mvn -q -B -Dstyle.color=never "$copy" -Dartifact=org.hyperledger.fabric:fabric-protos:$PROTOS -DoutputDirectory="$jars"
  mvn -q -B -Dstyle.color=never "$copy" -Dartifact=com.google.protobuf:protobuf-java:$PROTOBUF_JAVA -DoutputDirectory="$jars"
  protos=$jars/fabric-protos-$PROTOS.jar
  java -cp "$protos:$jars/protobuf-java-$PROTOBUF_JAVA.jar" tools/FabricDescriptors.java "$protos" .cache/fabric.descriptors.new
  mv .cache/fabric.descriptors.new .cache/fabric.descriptors
fi
touch "$stamp"
