"""Starts the stand-in peer with the recorded ledger of 15,263 events (15,201 valid) and reads it four ways, alternating; the best run of
each counts. Prints each ratio beside the wanted one; fails only when something did not run or found other events."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PASSES, ROUNDS = 3, 3
EVENTS = 15201  # of valid transactions in the ledger


def node_peer():
    home = ROOT / ".cache/listen-peer"
    if not (home / "node_modules/@hyperledger/fabric-gateway").exists():
        home.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent",
                        "@hyperledger/fabric-gateway@1", "@hyperledger/fabric-protos@0.3", "@grpc/grpc-js@1"], cwd=home, check=True)
    shutil.copy(ROOT / "bench/peers/listen/blocks.js", home)
    return home / "blocks.js"


def run(command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{command[0]}: {done.stderr[-1000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    with tempfile.TemporaryDirectory(prefix="belfry-listen-") as folder:
        credentials = folder + "/credentials"
        peer = subprocess.Popen([BUILD / "tests/standin_peer", "--ledger", "15k", "--credentials", credentials],
                                stdout=subprocess.PIPE, text=True)
        try:
            words = peer.stdout.readline().split()
            address, blocks = words[1], words[3]
            bench = BUILD / "bench/listen_bench"
            ways = {
                "belfry": [bench, "belfry", address, credentials, "--passes", PASSES],
                "bare": [bench, "bare", address, credentials, "--passes", PASSES, "--blocks", blocks],
                "node": ["node", node_peer(), address, credentials, blocks, "events"],
                "node-blocks": ["node", node_peer(), address, credentials, blocks, "blocks"],
            }
            best = {}
            for _ in range(ROUNDS):
                for name, command in ways.items():
                    got = run(command)
                    if name == "belfry" and got["events"] != EVENTS * PASSES or name == "node" and got["events"] != EVENTS:
                        sys.exit(f"{name} found {got['events']} events")
                    got["events"] = EVENTS * (1 if name.startswith("node") else PASSES)
                    got["rate"] = got["events"] / got["cpu_seconds"]
                    if name not in best or got["rate"] > best[name]["rate"]:
                        best[name] = got
        finally:
            peer.terminate()
            peer.wait()
    names = {"belfry": "belfry: peer to decoded event", "bare": "gRPC alone, bytes unread",
             "node": "Node SDK: block events, decoded", "node-blocks": "Node SDK: block events, undecoded"}
    print(f"{'':36}{'events/CPU-s':>14}{'events/s':>12}{'RSS MiB':>10}")
    for name, got in best.items():
        print(f"{names[name]:36}{got['rate']:14,.0f}{got['events'] / got['wall_seconds']:12,.0f}{got['rss_mib']:10.0f}")
    checks = [
        ("of gRPC alone", best["belfry"]["rate"] / best["bare"]["rate"], 0.7),
        ("times the Node SDK, both to decoded events", best["belfry"]["rate"] / best["node"]["rate"], 10),
    ]
    for words, ratio, wanted in checks:
        print(f"belfry does {ratio:.2f} {words} (wanted: {wanted}){'' if ratio >= wanted else '  BELOW'}")
    rss = best["belfry"]["rss_mib"]
    print(f"belfry's memory over 64 MB of ledger: {rss:.0f} MiB (wanted: at most 64){'' if rss <= 64 else '  ABOVE'}")


if __name__ == "__main__":
    main()
