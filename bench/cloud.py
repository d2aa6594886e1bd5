"""A listener's events into SQS with batches, beside the sample's way: a handler in Node that awaits one SendMessage per event. Both against the
same endpoint, belfry's own, whose queue is on the disk."""
import json
import lzma
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import aws_peers
from aws_peers import BUILD, CACHE, TOP

LEDGER = TOP / "tests/data/ledgers/fabric-2.4.9-ch1-15k-events.blockfile.xz"
EVENTS, WANTED = 15_201, 10  # of valid transactions in the ledger
BY_ONE = 3_000  # events that the sample's way sends
SDK = "3.1169.0"
CONFIG = """\
networks: {recorded: {channel: ch1, blocks: ledger.blockfile, follow: false}}
listeners: {all: {network: recorded, from: oldest, match: {kind: chaincode-event}, to: ["sqs:events"]}}
admin: {address: "127.0.0.1:0"}
cloud: {region: us-east-1}
"""
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def listener(server, folder):
    """Events per second, from the start of the program to its end."""
    (folder / "belfry.yaml").write_text(CONFIG)
    start = time.monotonic()
    subprocess.run([BUILD / "belfry", "run", "--until-finished", "--log-level", "warn"], cwd=folder, check=True,
                   env={**os.environ, **KEYS, "AWS_ENDPOINT_URL": f"http://{server.to}"}, timeout=300)
    return EVENTS / (time.monotonic() - start)


def by_one(server, queue):
    home = CACHE / "sqs-by-one"
    if not (home / "node_modules/@aws-sdk/client-sqs").exists():
        home.mkdir(parents=True, exist_ok=True)
        aws_peers.quietly(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent", f"@aws-sdk/client-sqs@{SDK}"], cwd=home)
    shutil.copy(TOP / "bench/peers/aws/by_one.mjs", home)
    done = subprocess.run(["node", home / "by_one.mjs", f"http://{server.to}", queue, str(BY_ONE)], check=True, capture_output=True, text=True,
                          env={**os.environ, **KEYS}, timeout=300)
    return json.loads(done.stdout)["per_second"]


def main():
    with aws_peers.belfry() as server, tempfile.TemporaryDirectory(prefix="cloud-bench-", dir=BUILD) as name:
        folder = pathlib.Path(name)
        (folder / "ledger.blockfile").write_bytes(lzma.open(LEDGER).read())
        queue, other = server.create_queue("events"), server.create_queue("by-one")
        batched = listener(server, folder)
        there = server.visible(queue)
        print(f"listener to SQS in batches:            {batched:10,.0f} events/s ({there:,} of {EVENTS:,} events are there)")
        single = by_one(server, other)
        print(f"a handler that awaits one SendMessage: {single:10,.0f} events/s")
        ratio = batched / single
        print(f"belfry does {ratio:.1f} times the sample's way (wanted: {WANTED}){'' if ratio >= WANTED else '  MISSED'}")


if __name__ == "__main__":
    main()
