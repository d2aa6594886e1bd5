#!/usr/bin/env python3
"""PeerSource against real Fabric: peer_source_test.py FOLLOW. Each scenario says what it checks; skipped (77) without
FABRIC_BIN and FABRIC_CFG_PATH."""
import copy
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time

import network as fabric

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else ""


class Follow:
    """A running follow; its lines can be waited for."""

    def __init__(self, network, peers, user=None, msp="Org1MSP", **options):
        certificate, key = user or network.user(1)
        command = [PROGRAM, "--msp", msp, "--certificate", certificate, "--key", key]
        for peer in peers:
            command += ["--peer", f"{peer.address}={peer.tls_ca}"]
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
        self.process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        self.lines = queue.Queue()
        self.seen = []
        threading.Thread(target=self.pump, daemon=True).start()

    def pump(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def wait(self, wanted, seconds=30):
        """The next line that `wanted` accepts; those before it are passed over."""
        end = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"it did not come; seen: {self.seen[-5:]}") from None
            if line is None:
                raise AssertionError(f"follow ended; seen: {self.seen[-5:]} {self.process.stderr.read()[-500:]}")
            self.seen.append(line)
            if wanted(line):
                return line

    def block(self, number, seconds=30):
        return self.wait(lambda line: line.get("block") == number, seconds)

    def end(self, code, seconds=30):
        return self.wait(lambda line: line.get("end") == code, seconds)

    def blocks(self):
        return [line["block"] for line in self.seen if "block" in line]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def follows_from_oldest_and_on(network):
    """every block in order, then a new one with its event, full and filtered and with private data"""
    peer = network.peers[1, 0]
    for kind in ("full", "filtered", "private"):
        height = peer.height()
        with Follow(network, [peer], kind=kind) as follow:
            follow.block(height - 1)
            network.invoke("event", "Created", "{}")
            assert follow.block(height)["events"] == ["Created"], follow.seen[-1]
            assert follow.blocks() == list(range(height + 1)), follow.blocks()


def starts_where_told(network):
    """newest is the last block, next the one to come, and a number that block"""
    peer = network.peers[1, 0]
    height = peer.height()
    for start, first in (("newest", height - 1), (1, 1)):
        with Follow(network, [peer], **{"from": start}) as follow:
            assert follow.wait(lambda line: "block" in line)["block"] == first
    with Follow(network, [peer], **{"from": "next"}) as follow:
        follow.wait(lambda line: line.get("open") == height)
        network.invoke("put", "a", "b")
        assert follow.wait(lambda line: "block" in line)["block"] == height


def survives_a_peer_restart(network):
    """a peer is stopped, then killed, while its stream waits: the next block still comes, each once"""
    peer = network.peers[1, 0]
    height = peer.height()
    with Follow(network, [peer]) as follow:
        for kill in (False, True):
            follow.block(height - 1)
            peer.stop(kill)
            follow.end("unreachable")
            peer.start()
            fabric.retry(lambda: network.invoke("event", "Back", "{}"))
            height = peer.height()
        follow.block(height - 1)
        assert follow.blocks() == list(range(height)), follow.blocks()


def tells_a_lagging_peer(network):
    """a peer that cannot reach the orderer lags; when it catches up the stream goes on"""
    ahead, behind = network.peers[1, 0], network.peers[1, 1]
    behind.stop()
    network.invoke("put", "lag", "1")
    network.invoke("put", "lag", "2")
    height = ahead.height()
    network.stop_orderer()
    behind.start()
    with Follow(network, [behind], **{"from": height}) as follow:
        line = follow.end("lagging-peer")
        assert line["next"] == "reconnect" and f"block {height}" in line["reason"], line
        network.start_orderer()
        fabric.retry(lambda: network.invoke("event", "Later", "{}"))
        follow.block(height, seconds=60)


def fails_over(network):
    """the second peer takes over at the same block, with the first gone"""
    first, second = network.peers[1, 0], network.peers[2, 0]
    height = first.height()
    with Follow(network, [first, second]) as follow:
        assert follow.block(height - 1)["peer"] == first.address
        first.stop()
        network.invoke("event", "Elsewhere", "{}", peer=(2, 0))
        assert follow.block(height)["peer"] == second.address
        assert follow.blocks() == list(range(height + 1))
    first.start()
    fabric.retry(lambda: first.height() > height or fabric.fail())


def tells_refusals_apart(network):
    """unknown channel, an organisation outside, an expired certificate, a wrong TLS authority"""
    peer = network.peers[1, 0]
    with Follow(network, [peer], channel="nochannel") as follow:
        assert follow.end("unknown-channel")["next"] == "stop"
    with Follow(network, [peer], network.user(3), "Org3MSP") as follow:
        assert "Org3MSP" in follow.end("no-permission")["reason"]
    with Follow(network, [peer], network.short_lived("expired", -60)) as follow:
        line = follow.wait(lambda line: "end" in line)
        assert line["end"] in ("certificate-expired", "identity"), line
        assert line["next"] == "stop"
    wrong = copy.copy(peer)
    wrong.tls_ca = network.peers[2, 0].tls_ca
    with Follow(network, [wrong]) as follow:
        assert follow.end("tls-untrusted")["next"] == "stop"


def speaks_mutual_tls(network):
    """a peer that asks for client certificates: with one, and told what is missing without"""
    peer = network.peers[1, 1]
    peer.stop()
    peer.start(CORE_PEER_TLS_CLIENTAUTHREQUIRED="true", CORE_PEER_TLS_CLIENTROOTCAS_FILES=str(peer.tls_ca))
    certificate, key = network.tls_user(1)
    with Follow(network, [peer], tls_certificate=certificate, tls_key=key) as follow:
        follow.block(1)
    with Follow(network, [peer]) as follow:
        line = follow.wait(lambda line: "end" in line)
        assert "`tls`" in line["reason"], line
    peer.stop()
    peer.start()


def notices_an_expiry_in_mid_stream(network):
    """a certificate that ends while the stream waits: 403 at the next block, told from a missing permission"""
    peer = network.peers[1, 0]
    ends = time.monotonic() + 6
    user = network.short_lived("brief", 6)
    with Follow(network, [peer], user, **{"from": "next"}) as follow:
        follow.wait(lambda line: "open" in line)
        time.sleep(max(0, ends - time.monotonic()) + 1.5)
        network.invoke("put", "late", "1")
        line = follow.end("certificate-expired")
        assert "expired at" in line["reason"], line


def asks_another_peer_for_a_block_below_a_snapshot(network):
    """a peer that joined from a snapshot does not hold the first blocks"""
    source, young = network.peers[2, 0], network.peers[2, 1]
    network.invoke("put", "snap", "1")
    height = source.height()
    source.run("snapshot", "submitrequest", "-c", fabric.CHANNEL, "-b", "0", "--peerAddress", source.address,
               "--tlsRootCertFile", source.tls_ca)
    folder = source.data / "snapshots/completed" / fabric.CHANNEL / str(height - 1)
    fabric.retry(lambda: folder.exists() or fabric.fail())
    young.start()
    young.run("channel", "joinbysnapshot", "--snapshotpath", folder)
    fabric.retry(lambda: young.height() == height or fabric.fail())
    with Follow(network, [young]) as follow:
        assert follow.end("block-below-snapshot")["next"] == "stop"
    with Follow(network, [young, source]) as follow:
        assert follow.block(1)["peer"] == source.address
    young.stop()


SCENARIOS = [follows_from_oldest_and_on, starts_where_told, tells_refusals_apart, speaks_mutual_tls,
             survives_a_peer_restart, fails_over, tells_a_lagging_peer, notices_an_expiry_in_mid_stream,
             asks_another_peer_for_a_block_below_a_snapshot]


def main():
    if not fabric.available():
        print("skipped: FABRIC_BIN and FABRIC_CFG_PATH name no Fabric programs")
        return 77
    failed = 0
    with tempfile.TemporaryDirectory(prefix="belfry-fabric-") as folder:
        began = time.monotonic()
        with fabric.Network(folder) as network:
            print(f"Fabric {fabric.version()} is up after {time.monotonic() - began:.0f} s", flush=True)
            for scenario in SCENARIOS:
                began = time.monotonic()
                try:
                    scenario(network)
                    verdict = "ok"
                except Exception as error:  # the next scenarios still have something to say
                    failed += 1
                    verdict = f"FAILED: {type(error).__name__}: {error}"
                    network.mend()
                print(f"{scenario.__name__} ({time.monotonic() - began:.1f} s): {verdict}", flush=True)
    print(f"{len(SCENARIOS) - failed} of {len(SCENARIOS)} passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
