#!/usr/bin/env python3
"""The devnet measured: how fast it is up and down, what it takes idle, how many donations a second it commits and how soon, how fast it
serves a recorded ledger; and, where Fabric's programs are at hand (FABRIC_BIN, FABRIC_CFG_PATH), the same client on a real network.

  devnet.py [start] [load] [deliver] [fabric]      all of them without a name
"""
import json
import lzma
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
sys.path[:0] = [str(ROOT / "tests/fabric"), str(ROOT / "tests/support"), str(ROOT / "bench/peers/chaincode")]
import blockfile  # noqa: E402
import donation  # noqa: E402
import network as fabric  # noqa: E402
import services  # noqa: E402
from servers import Devnet  # noqa: E402

LEDGER = ROOT / "tests/data/ledgers/fabric-2.4.9-ch1-15k-events.blockfile.xz"
CHAINCODE = BUILD / "examples/ngo/ngo_v2"
SECONDS_OF_LOAD = 5


def row(what, value, wanted=""):
    print(f"  {what:58} {value:>22}   {wanted}", flush=True)


def run(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[0]}: {(done.stdout + done.stderr)[-1000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def start():
    print("up and down, two organisations, fresh certificates (median and worst of 15)")
    for label, durable in (("ephemeral", False), ("kept", True)):
        ups, downs, rss = [], [], 0
        for _ in range(15):
            with tempfile.TemporaryDirectory(prefix="belfry-bench-") as folder:
                with Devnet(folder=folder + "/net" if durable else None) as devnet:
                    time.sleep(0.1)
                    rss = devnet.rss()
            ups.append(devnet.up * 1000)
            downs.append(devnet.down * 1000)
        show = lambda them: f"{statistics.median(them):.0f} ms, {max(them):.0f} ms"  # noqa: E731
        row(f"{label}: ready", show(ups), "<= 100 ms")
        row(f"{label}: start and stop", show([a + b for a, b in zip(ups, downs)]), "<= 150 ms" if not durable else "")
        row(f"{label}: resident, idle", f"{rss:.0f} MiB", "<= 60 MiB")


def measure(label, flags, wanted="", *, expect=2000, cpu=None):
    """One row: enough transactions for some seconds. Gives the rate."""
    before = cpu() if cpu else 0
    got = run([BUILD / "bench/devnet_load", *flags, "--transactions", expect * SECONDS_OF_LOAD])
    row(label, f"{got['per_second']:.0f}/s", wanted)
    row("   commit p50, p99", f"{got['commit_p50_ms']:.1f}, {got['commit_p99_ms']:.1f} ms")
    row("   CPU of the client, each", f"{got['client_cpu_us']:.0f} us")
    if cpu:
        row("   CPU of the network, each", f"{(cpu() - before) / got['transactions'] * 1e6:.0f} us")
    return got["per_second"]


def load():
    print("donations with belfry's SDK, kept on disk, TLS, every transaction signed, endorsed, ordered, validated")
    best = {}
    for organisations in (2, 1):
        with tempfile.TemporaryDirectory(prefix="belfry-bench-") as folder:
            with Devnet("--orgs", organisations, "--chaincode", f"ngo={CHAINCODE}", folder=folder + "/net") as devnet:
                who = "both organisations endorse" if organisations == 2 else "one organisation"
                for how in ("gateway", "orderer"):
                    best[organisations, how] = measure(f"{who}, by {how}, 256 in flight",
                                                       [*devnet.client(), "--how", how, "--in-flight", 256], ">= 2,000/s", cpu=devnet.cpu)
                got = run([BUILD / "bench/devnet_load", *devnet.client(), "--transactions", 1000, "--in-flight", 1])
                row(f"{who}, one at a time: commit p50, p99", f"{got['commit_p50_ms']:.2f}, {got['commit_p99_ms']:.2f} ms", "<= 5 ms")
                row("   from proposal to commit p50, p99", f"{got['whole_p50_ms']:.2f}, {got['whole_p99_ms']:.2f} ms")
    return best


def deliver():
    print("Deliver of a recorded ledger, to a bare gRPC reader over TLS")
    with tempfile.TemporaryDirectory(prefix="belfry-bench-") as name:
        folder = pathlib.Path(name)
        with lzma.open(LEDGER) as packed, open(folder / "blocks", "wb") as plain:
            shutil.copyfileobj(packed, plain)
        for flags in ([], ["--no-tls"]):
            with Devnet("--ledger", folder / "blocks", *flags) as devnet:
                peer = devnet.shape["peers"][0]
                at = devnet.organisation(peer)
                credentials = folder / "credentials"
                credentials.mkdir(exist_ok=True)
                user = at / f"users/User1@{at.name}/msp"
                shutil.copy(next((user / "signcerts").iterdir()), credentials / "user.pem")
                shutil.copy(next((user / "keystore").iterdir()), credentials / "user.key")
                if flags:
                    (credentials / "tlsca.pem").write_text("")
                else:
                    shutil.copy(at / "peers" / peer["name"] / "tls/ca.crt", credentials / "tlsca.pem")
                height = blockfile.check_chain(folder / "blocks")
                got = run([BUILD / "bench/listen_bench", "bare", peer["address"], credentials, "--passes", 10, "--blocks", height,
                           "--msp-id", peer["msp_id"], "--peer-name", peer["name"]])
                row("without TLS" if flags else "with TLS", f"{got['bytes'] / got['wall_seconds'] / 1e6:.0f} MB/s", ">= 500 MB/s")


class RealNetwork(services.Network):
    """Blocks as large as the load fills them."""

    def make_genesis(self):
        super().make_genesis()
        text = (self.folder / "configtx.yaml").read_text()
        text = text.replace("MaxMessageCount: 10,", "MaxMessageCount: 500,")
        (self.folder / "configtx.yaml").write_text(text)
        self.tool("configtxgen", "-profile", "Channel", "-channelID", fabric.CHANNEL, "-outputBlock", self.folder / "genesis.block",
                  "-configPath", self.folder)


def real(devnet):
    """`devnet`: what it did, by organisations and way; empty where it was not measured."""
    if not fabric.available():
        print("a real network: FABRIC_BIN and FABRIC_CFG_PATH name no Fabric programs; left out")
        return
    print(f"Fabric {fabric.version()}: the same client, blocks of up to 500 or 200 ms, one of two organisations endorses")
    with tempfile.TemporaryDirectory(prefix="belfry-bench-") as folder:
        with RealNetwork(pathlib.Path(folder)) as network:
            peer = network.peers[1, 0]
            client = ["--peer", peer.address, "--peer-ca", peer.tls_ca, "--peer-name", peer.host,
                      "--orderer", f"127.0.0.1:{network.orderer_port}", "--orderer-ca", network.orderer_folder / "tls/ca.crt",
                      "--orderer-name", "orderer.example.com", "--msp", peer.org_folder / f"users/User1@{peer.org_folder.name}/msp",
                      "--organizations", "Org1MSP", "--in-flight", 256]
            kinds = {"the same chaincode": str(CHAINCODE)} | ({"the Node chaincode": donation.command()} if shutil.which("node") else {})
            for number, (label, program) in enumerate(kinds.items(), 1):
                name = f"ngo{number}"
                network.serve(name, program)
                fabric.retry(lambda name=name: network.query(name, "queryAllNGOs"))
                for how in ("gateway", "orderer"):
                    rate = measure(f"{label}, by {how}, 256 in flight", [*client, "--chaincode", name, "--how", how],
                                   expect=400 if number == 1 else 250)
                    if devnet:
                        for organisations, who in ((1, "one organisation"), (2, "two")):
                            row(f"   the devnet's {who}", f"{devnet[organisations, how] / rate:.1f} times", ">= 5 times")


def main():
    devnet = {}
    parts = {"start": start, "load": lambda: devnet.update(load()), "deliver": deliver, "fabric": lambda: real(devnet)}
    for name in sys.argv[1:] or parts:
        parts[name]()


if __name__ == "__main__":
    main()
