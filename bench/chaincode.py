#!/usr/bin/env python3
"""Transactions per second through chaincode alone: createDonation of the donation application, written with our SDK and with
Fabric's Node shim, before a peer that only counts. Over one stream, as a peer has it, without TLS."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent
sys.path.insert(0, str(HERE / "peers/chaincode"))
import donation  # noqa: E402

BUILD = PROJECT / "build"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def measure(name, command, variants, transactions):
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, "CORE_CHAINCODE_ID_NAME": "ngo:1", "CHAINCODE_SERVER_ADDRESS": address})
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", int(address.split(":")[1])), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        for label, flags in variants:
            print(f"{name:6} {label:22}", end="", flush=True)
            subprocess.run([BUILD / "bench/chaincode", address, str(process.pid), "--transactions", str(transactions), *flags], check=True)
    finally:
        process.kill()
        process.wait()


def main():
    plain = ("reads one by one", [])
    measure("belfry", [BUILD / "examples/ngo/ngo_v2"],
            [plain, ("batches, as 3.1 offers", ["--batches"])], 20000)
    if shutil.which("node"):
        measure("Node", donation.command(), [plain], 5000)


if __name__ == "__main__":
    main()
