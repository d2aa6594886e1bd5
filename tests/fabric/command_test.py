#!/usr/bin/env python3
"""The belfry command on a real Fabric network: what the chaincode emitted is counted against what arrived. BELFRY names
the program; skipped (77) without FABRIC_BIN and FABRIC_CFG_PATH."""
import collections
import json
import pathlib
import signal
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cli")]
import network as fabric  # noqa: E402
from support import CliTest, main  # noqa: E402

LISTENER = """\
listeners:
  ticks: {network: charity, match: {chaincode: events, event: %s}, to: topic:news}
topics:
  news: {subscriptions: [{protocol: outbox, endpoint: inbox}]}
"""


class Command(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="belfry-fabric-")
        cls.addClassCleanup(cls.place.cleanup)
        cls.network = fabric.Network(cls.place.name)
        cls.addClassCleanup(cls.network.down)
        cls.network.up()

    def setUp(self):
        super().setUp()
        self.sent = 0
        self.event = self._testMethodName  # each test has events of its own on the shared channel

    def configure(self, source):
        (self.folder / "belfry.yaml").write_text(f"networks:\n  charity: {source}\n" + LISTENER % self.event)

    def peers(self, *keys, user=None, msp="Org1MSP", channel=fabric.CHANNEL, more="verify: signatures"):
        certificate, key = user or self.network.user(1)
        addresses = ", ".join(f'{{address: "{peer.address}", tls_ca: "{peer.tls_ca}"}}'
                              for peer in map(self.network.peers.get, keys or [(1, 0), (2, 0)]))
        self.configure(f'{{channel: {channel}, msp: {msp}, peers: [{addresses}], '
                       f'identity: {{certificate: "{certificate}", key: "{key}"}}, {more}}}')

    def emit(self, count, peer=(1, 0)):
        for _ in range(count):
            payload = json.dumps({"number": self.sent})
            fabric.retry(lambda: self.network.invoke("event", self.event, payload, peer=peer))
            self.sent += 1

    def wait_for(self, running, count):
        running.wait(lambda it: it["providers"][0]["sent"] >= count, f"event {count}")

    def check_arrived(self):
        """Every event that the chaincode emitted, once."""
        out, _ = self.belfry("outbox", "--output", "json")
        numbers = collections.Counter(json.loads(json.loads(line)["text"])["payload"]["number"] for line in out.splitlines())
        self.assertEqual(numbers, collections.Counter(range(self.sent)))

    def all_through_kills(self):
        first = self.network.peers[1, 0]
        self.emit(3)
        running = self.start()
        running.wait(lambda it: it["listeners"][0]["delivered"] >= 3, "the first events")
        self.emit(2)
        running.stop(signal.SIGKILL)
        self.emit(2)
        first.stop(kill=True)
        running = self.start()
        self.emit(2, peer=(2, 0))
        first.start()
        fabric.retry(lambda: first.height() == self.network.peers[2, 0].height() or fabric.fail())
        self.emit(2)
        running.wait(lambda it: it["listeners"][0]["lag_blocks"] == 0
                     and it["listeners"][0]["next_block"] >= first.height() and not it["subscriptions"][0]["waiting"], "the end")
        running.stop(signal.SIGKILL)
        self.check_arrived()

    def test_kills_of_belfry_and_of_the_peer_lose_nothing(self):
        self.peers()
        self.all_through_kills()

    def test_a_running_peers_block_files_are_followed(self):
        peer = self.network.peers[1, 0]
        self.configure(f'{{blocks: "{peer.data / "ledgersData/chains/chains" / fabric.CHANNEL}", verify: signatures}}')
        self.all_through_kills()

    def test_events_are_printed_from_peer_and_files(self):
        self.peers()
        self.emit(3)
        peer = self.network.peers[1, 0]
        certificate, key = self.network.user(1)
        folder = peer.data / "ledgersData/chains/chains" / fabric.CHANNEL
        match = ["--match", f"{{event: {self.event}}}", "--output", "json"]
        printed = [self.belfry("events", *source, *match)[0] for source in (
            ["charity"], [folder],
            [peer.address, "--channel", fabric.CHANNEL, "--msp", "Org1MSP", "--cert", certificate, "--key", key,
             "--tls-ca", peer.tls_ca])]
        for out in printed:
            self.assertEqual([json.loads(line)["payload"]["number"] for line in out.splitlines()], list(range(3)))

    def test_a_check_reaches_the_peers(self):
        self.peers()
        out, _ = self.belfry("check", "--connect")
        self.assertIn(f"reached, channel {fabric.CHANNEL} has", out)

    def refused(self, code, words):
        _, errors = self.belfry("check", "--connect", code=1)
        self.assertIn(f"({code})", errors)
        self.assertIn(words, errors)
        running = self.start()
        status = running.wait(lambda it: it["networks"][0].get("code") == code, code)
        self.assertIn(words, status["networks"][0]["reason"])
        running.stop()

    def test_an_organisation_outside_is_refused(self):
        self.peers(user=self.network.user(3), msp="Org3MSP")
        self.refused("no-permission", "Org3MSP")

    def test_an_unknown_channel_is_named(self):
        self.peers(channel="nochannel")
        self.refused("unknown-channel", "nochannel")

    def test_an_expired_certificate_is_a_configuration_error(self):
        self.peers(user=self.network.short_lived("expired", -60))
        _, errors = self.belfry("check", code=2)
        self.assertIn("expired", errors)


if __name__ == "__main__":
    if not fabric.available():
        print("skipped: FABRIC_BIN and FABRIC_CFG_PATH name no Fabric programs")
        sys.exit(77)
    print(f"Fabric {fabric.version()}", flush=True)
    main()
