"""Runs a command against a running belfry: with_belfry.py COMMAND … Its environment points AWS's SDKs there."""
import subprocess
import sys

import support

belfry = support.Belfry("aws: {}\n")
try:
    code = subprocess.run(sys.argv[1:], env=support.environment(belfry.endpoint)).returncode
finally:
    belfry.stop()
sys.exit(code)
