#!/usr/bin/env python3
"""The architecture is a test: reads every #include under src/ and fails on one that the house forbids.

A folder may include itself, what MAY lists for it, and whatever those may include. The table is that of
docs/architecture.md; change both together and say why.
"""
import pathlib
import re
import sys

MAY = {
    "base": [],
    "event": ["base"],
    "decode": ["event"],
    "match": ["event"],
    "queue": ["event"],
    "msp": ["base"],
    "http": ["base"],
    "topic": ["queue", "match"],
    "pipeline": ["topic", "decode"],
    "ca": ["queue", "msp", "http"],
    "fabric": ["pipeline", "msp", "http"],
    "sinks": ["pipeline", "http"],
    "functions": ["pipeline", "http"],
    "aws": ["functions"],
    "cloud": ["aws"],
    "ledger": ["decode", "msp"],
    "devnet": ["ledger", "http", "ca"],
    "app": ["fabric", "sinks", "functions", "cloud", "devnet", "ca"],
    "cli": ["app"],
}
# The generated protocol classes: only these folders know them.
PROTOS = {"msp", "fabric", "ledger", "devnet"}
PROTO_FOLDERS = ("common", "peer", "orderer", "gossip", "ledger", "gateway", "discovery", "google")


def reach(folder, seen=None):
    seen = seen if seen is not None else set()
    if folder not in seen:
        seen.add(folder)
        for below in MAY[folder]:
            reach(below, seen)
    return seen


def main():
    src = pathlib.Path(__file__).resolve().parent.parent / "src"
    wrong, read = [], 0
    for path in sorted(src.rglob("*")):
        if path.suffix not in (".h", ".cc"):
            continue
        folder = path.relative_to(src).parts[0]
        if folder not in MAY:
            wrong.append(f"{path}: folder {folder} is not in the house's table")
            continue
        read += 1
        allowed = reach(folder)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if not found:
                continue
            target = found.group(1)
            first = target.split("/")[0]
            where = f"{path.relative_to(src.parent)}:{number}"
            if target.endswith(".pb.h"):
                if folder not in PROTOS:
                    wrong.append(f"{where}: {folder}/ may not include Fabric's protocol classes ({target})")
            elif first in MAY and "/" in target and target.endswith(".h") and (src / target).exists():
                if first not in allowed:
                    wrong.append(f"{where}: {folder}/ may not include {first}/ ({target})")
            elif first == "support" and path.name.endswith(("_test.cc", "_harness.h")) and (src.parent / "tests" / target).exists():
                pass  # tests/support: for tests only
            elif line.lstrip().startswith("#include \"") and not (src / target).exists():
                wrong.append(f"{where}: {target} is not a file under src/")
    for line in wrong:
        print(line)
    print(f"{read} files read, {len(wrong)} forbidden includes")
    return 1 if wrong or not read else 0


if __name__ == "__main__":
    sys.exit(main())
