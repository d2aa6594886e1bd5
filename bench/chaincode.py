#!/usr/bin/env python3
"""Transactions per second through chaincode alone: createDonation of the donation application, written with our SDK and with
Fabric's Node shim, before a peer that only counts. Over one stream, as a peer has it, without TLS."""
import os
import pathlib
import shutil
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent
BUILD = PROJECT / "build"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def measure(name, command, environment, variants, transactions, cwd=None):
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen(command, env={**os.environ, **environment(address)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               cwd=cwd)
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


def node():
    home = PROJECT / ".cache/fabric-chaincode"
    if not (home / "node_modules/fabric-shim").exists():
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent", "fabric-shim@2.5"], cwd=home, check=True)
    shutil.copy(HERE / "peers/chaincode/donation.js", home / "donation.js")
    return home


def main():
    plain = ("reads one by one", [])
    measure("belfry", [BUILD / "examples/ngo/ngo_v2"],
            lambda address: {"CORE_CHAINCODE_ID_NAME": "ngo:1", "CHAINCODE_SERVER_ADDRESS": address},
            [plain, ("batches, as 3.1 offers", ["--batches"])], 20000)
    if shutil.which("node"):
        measure("Node", ["node", "donation.js"], lambda address: {"CHAINCODE_ID": "ngo:1", "CHAINCODE_ADDRESS": address}, [plain], 5000, node())


if __name__ == "__main__":
    main()
