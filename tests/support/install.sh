# Installs what a test needs from outside, once: sourced by the run.sh of each folder. Tests may come side by side; what was
# installed is told from a copy of the file that names it.

# installed FOLDER FILE COMMAND …: runs COMMAND unless FILE is as it was when it last did, for FOLDER.
installed() {
  local folder=$1 wanted=$2
  mkdir -p "$(dirname "$folder")"
  (
    flock 9
    if ! cmp -s "$wanted" "$folder/.installed"; then
      "${@:3}"
      cp "$wanted" "$folder/.installed"
    fi
  ) 9>"$folder.install.lock"
}

# python_packages FOLDER REQUIREMENTS: a virtual environment.
python_packages() {
  installed "$1" "$2" make_environment "$1" "$2"
}
make_environment() {
  python3 -m venv --clear "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
}

# node_packages FOLDER [OPTION …]: FOLDER/node_modules as FOLDER/package-lock.json has it.
node_packages() {
  installed "$1/node_modules" "$1/package-lock.json" make_modules "$@"
}
make_modules() {
  (cd "$1" && npm ci --no-audit --no-fund --silent "${@:2}")
}

# java_packages FOLDER POM [OPTION …]: the jars that POM names.
java_packages() {
  installed "$1" "$2" make_jars "$@"
}
make_jars() {
  rm -rf "$1"
  mvn -q -B -Dstyle.color=never -f "$2" "${@:3}" dependency:copy-dependencies -DoutputDirectory="$1"
}
