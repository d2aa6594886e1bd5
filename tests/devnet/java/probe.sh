#!/bin/sh
# The Java chaincode as a program that the devnet starts: JARS is where the shim is.
exec java -cp "$JARS/*" "$(dirname "$0")/Probe.java" "$@"
