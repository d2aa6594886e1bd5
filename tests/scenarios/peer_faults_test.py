#!/usr/bin/env python3
"""`belfry run` at a stand-in peer under TLS that misbehaves: the right words in status and metrics, and, through a kill -9
meanwhile, every event of the ledger in the outbox once. BELFRY and STANDIN_PEER name the programs."""
import collections
import json
import os
import pathlib
import signal
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(TESTS / "cli"), str(TESTS / "support")]
import blockfile  # noqa: E402
from support import LEDGER, CliTest, main  # noqa: E402

CONFIG = """\
networks:
  charity:
    channel: mychannel
    msp: Org1MSP
    peers:
      - {{address: "{address}", tls_ca: credentials/tlsca.pem, name: peer0.org1.example.com}}
    identity: {{certificate: credentials/user.pem, key: credentials/user.key}}
    silence_timeout: 10s
    verify: {verify}
listeners:
  donations: {{network: charity, match: {{chaincode: ngo, event: donationCreated}}, to: topic:news}}
topics:
  news: {{subscriptions: [{{protocol: outbox, endpoint: inbox}}]}}
"""
# (block, transaction) of every event that must arrive.
EVENTS = {place for place, (chaincode, name, _) in blockfile.valid_events(LEDGER / "mychannel.blockfile.xz").items()
          if (chaincode, name) == ("ngo", "donationCreated")}
FAULT_AT = 100


class PeerFaults(CliTest):
    """Each test starts the peer with a fault, sees it named, kills belfry, and mends the peer."""

    def setUp(self):
        super().setUp()
        self.port, self.peer = 0, None
        self.addCleanup(self.stop_peer)

    def serve(self, *flags, verify="chain"):
        """The peer with these faults, in the place of the one before."""
        self.stop_peer()
        self.peer = subprocess.Popen([os.environ["STANDIN_PEER"], "--ledger", "ngo", "--port", str(self.port), *flags,
                                      "--credentials", str(self.folder / "credentials")], stdout=subprocess.PIPE, text=True)
        words = self.peer.stdout.readline().split()
        self.assertEqual(words[:1], ["listening"], words)
        self.port = int(words[1].split(":")[1])
        (self.folder / "belfry.yaml").write_text(CONFIG.format(address=words[1], verify=verify))

    def stop_peer(self):
        if self.peer:
            self.peer.kill()
            self.peer.wait()
            self.peer.stdout.close()

    def named(self, running, code, words):
        """The fault is in `belfry status` and in the metrics. (Blocks that come meanwhile may end it for a while.)"""
        trouble = f'belfry_network_trouble{{network="charity",code="{code}"}} 1'

        def shown(_):
            network = json.loads(self.belfry("status", "--output", "json", "--api", running.address)[0])["networks"][0]
            return network.get("code") == code and words in network["reason"] and trouble in running.request("/metrics")[1]
        running.wait(shown, f"{code}: {words}")

    def arrived(self):
        """Block and transaction of what is in the outbox; nothing is there twice."""
        out, _ = self.belfry("outbox", "--output", "json")
        events = [json.loads(json.loads(line)["text"]) for line in out.splitlines()]
        places = collections.Counter((it["block"], it["transaction_index"]) for it in events)
        self.assertEqual([place for place, count in places.items() if count > 1], [])
        return set(places)

    def all_arrives(self, *arguments):
        running = self.start(*arguments)
        running.wait(lambda it: it["listeners"][0]["next_block"] >= 226 and it["listeners"][0]["state"] == "following"
                     and not any(s["waiting"] for s in it["subscriptions"]), "the end")
        running.wait(lambda it: "belfry_network_trouble{" not in running.request("/metrics")[1], "the end of the trouble")
        running.stop()
        self.assertEqual(self.arrived(), EVENTS)

    def killed_and_mended(self, code, words, *flags):
        self.serve(*flags)
        running = self.start()
        self.named(running, code, words)
        running.stop(signal.SIGKILL)
        running = self.start()
        self.named(running, code, words)
        running.stop(signal.SIGKILL)
        self.serve()
        self.all_arrives()

    def test_ends_the_stream_at_a_block(self):
        self.killed_and_mended("peer-gone", "ended the stream", "--hang-up-at", str(FAULT_AT))

    def test_closes_in_mid_block(self):
        self.serve("--cut-after", "1500000")  # of 15 MB, in blocks of up to 4 MB: the biggest never pass
        running = self.start()
        self.named(running, "peer-gone", "the connection")
        running.stop(signal.SIGKILL)
        self.serve("--cut-after", "6000000")  # now they do, in several connections
        self.all_arrives()

    def test_stops_silently(self):
        self.serve("--hold-from", str(FAULT_AT))
        running = self.start()
        self.named(running, "silent-peer", f"stopped sending at block {FAULT_AT}")
        running.stop(signal.SIGKILL)
        self.serve()
        self.all_arrives()

    def test_is_starting_up(self):
        self.killed_and_mended("service-unavailable", "503", "--status", "503")

    def test_says_503_in_mid_stream(self):
        self.killed_and_mended("service-unavailable", "503", "--status-at", f"{FAULT_AT}:503")

    def test_refuses(self):
        self.killed_and_mended("no-permission", "Org1MSP", "--status", "403")

    def test_refuses_in_mid_stream(self):
        self.killed_and_mended("no-permission", "Org1MSP", "--status-at", f"{FAULT_AT}:403")

    def test_does_not_know_the_channel(self):
        self.killed_and_mended("unknown-channel", "has not joined a channel named mychannel", "--channel", "another")

    def test_joined_from_a_snapshot(self):
        self.killed_and_mended("block-below-snapshot", "does not hold block 0", "--first-block", "50")

    def test_lags(self):
        self.serve()
        self.all_arrives()
        self.serve("--blocks", str(FAULT_AT))
        running = self.start()
        self.named(running, "lagging-peer", f"has {FAULT_AT} blocks")
        running.stop(signal.SIGKILL)
        self.serve()
        self.all_arrives()

    def forged(self, what, code, words, verify="chain"):
        self.serve("--forge", f"{FAULT_AT}:{what}", verify=verify)
        for again in (False, True):
            running = self.start()
            if not again:
                self.named(running, code, words)
            status = running.wait(lambda it: it["listeners"][0]["state"] == "stopped", "the stop")
            self.assertIn(f"block {FAULT_AT}", status["listeners"][0]["reason"])
            self.assertIn('belfry_listener_stopped{listener="donations",to="topic:news"} 1', running.request("/metrics")[1])
            running.stop(signal.SIGKILL)
        # What was read before and not yet handed over comes later; nothing of the forged block came.
        self.assertLessEqual(self.arrived(), {place for place in EVENTS if place[0] < FAULT_AT})
        self.serve(verify=verify)
        self.all_arrives()

    def test_forges_a_transaction(self):
        self.forged("transaction", "data-hash", "other transactions than its header names")

    def test_forges_the_chain(self):
        self.forged("chain", "chain-broken", "does not follow")

    def test_forges_an_orderers_signature(self):
        self.forged("signature", "signatures", f"block {FAULT_AT}", verify="signatures")

    def test_rewrites_a_block_with_good_hashes(self):
        self.forged("rewritten", "signatures", f"block {FAULT_AT}", verify="signatures")

    def test_has_a_block_of_90_mib(self):
        self.serve("--pad", f"{FAULT_AT}:{90 << 20}")
        self.all_arrives()

    def test_belongs_to_a_rebuilt_network(self):
        self.serve()
        self.all_arrives()
        self.serve("--rebuilt")
        for _ in range(2):
            running = self.start()
            status = running.wait(lambda it: it["listeners"][0]["state"] == "stopped", "refusal")
            self.assertIn("--accept-new-network", status["listeners"][0]["reason"])
            running.stop(signal.SIGKILL)
        self.assertEqual(self.arrived(), EVENTS)


if __name__ == "__main__":
    main()
