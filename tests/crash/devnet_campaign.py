#!/usr/bin/env python3
"""Kills the devnet at random moments while a client keeps donations in flight, starts it again on the same folder, and counts: every
transaction that was reported VALID is on the chain as VALID, none is there twice as VALID, and each block follows the one before.

  devnet_campaign.py --kills 200
  devnet_campaign.py --kills 10 --in-flight 16   a short one
"""
import argparse
import collections
import pathlib
import random
import shutil
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/support"))
import blockfile  # noqa: E402
from servers import Devnet, spawn  # noqa: E402


def on_chain(network):
    """{transaction: [codes]}, and the number of blocks; ValueError where the chain is broken."""
    codes = collections.defaultdict(list)
    paths = sorted((network / "ledgers/chains/mychannel").iterdir())
    height = blockfile.check_chain(*paths)
    for path in paths:
        for _, envelopes, flags in blockfile.blocks(path):
            for envelope, flag in zip(envelopes, flags):
                codes[blockfile.transaction_id(envelope)].append(flag)
    return codes, height


def judge(network, reported):
    """How many things are wrong; says which."""
    codes, height = on_chain(network)
    bad = 0
    for line in reported.read_text().splitlines() if reported.exists() else []:
        transaction, code = line.split()
        if code != "VALID" or codes[transaction].count(0) != 1:
            print(f"  {transaction} was reported {code}; the chain has {codes[transaction]}")
            bad += 1
    for transaction, found in codes.items():
        if found.count(0) > 1:
            print(f"  {transaction} is there {found.count(0)} times as VALID")
            bad += 1
    return bad, height, sum(found.count(0) for found in codes.values())


def size(path):
    return path.stat().st_size if path.exists() else 0


def one_life(options, rng, network, reported):
    """Starts the devnet and the load, and kills the devnet in the middle of it."""
    before = size(reported)
    batches = ["--batches", "--batch-timeout", "50ms"] if rng.random() < 0.3 else []
    with open(network.parent / "log", "a") as log:
        devnet = Devnet("--chaincode", f"ngo={options.chaincode}", *batches, folder=network, program=options.belfry, stderr=log)
        flags = devnet.__enter__().client()
        load = spawn(list(map(str, [options.load, *flags, "--how", rng.choice(["gateway", "orderer"]), "--log", reported,
                                    "--in-flight", options.in_flight, "--transactions", 1000000])), stdout=log, stderr=log)
    deadline = time.monotonic() + 120
    while size(reported) == before and load.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(rng.choice([0.1, 0.4, 1.0]) * rng.random())
    if load.poll() is not None or size(reported) == before:
        raise SystemExit("the load does not run:\n" + (network.parent / "log").read_text()[-2000:])
    devnet.kill()
    load.wait(60)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--per-round", type=int, default=25, help="kills of one network, before it is made anew")
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--belfry", default=str(TOP / "build/belfry"))
    parser.add_argument("--load", default=str(TOP / "build/bench/devnet_load"))
    parser.add_argument("--chaincode", default=str(TOP / "build/examples/ngo/ngo_v2"))
    options = parser.parse_args()
    rng = random.Random(options.seed)
    print(f"seed {options.seed}")
    kills = rounds = committed = told = 0
    while kills < options.kills:
        rounds += 1
        folder = pathlib.Path(tempfile.mkdtemp(prefix="belfry-crash-"))
        network, reported = folder / "net", folder / "reported"
        for _ in range(min(options.per_round, options.kills - kills)):
            one_life(options, rng, network, reported)
            kills += 1
        with Devnet(folder=network, program=options.belfry):
            pass  # recovers what the last kill left
        bad, height, valid = judge(network, reported)
        lines = len(reported.read_text().splitlines()) if reported.exists() else 0
        print(f"round {rounds}: {kills} kills so far, {height} blocks, {valid} valid transactions, {lines} reported")
        if bad:
            print(f"the folder is kept: {folder}")
            return 1
        committed, told = committed + valid, told + lines
        shutil.rmtree(folder)
    print(f"{kills} kills in {rounds} rounds: {told} transactions reported, {committed} on the chains; 0 lost, 0 twice, every chain whole")
    return 0


if __name__ == "__main__":
    sys.exit(main())
