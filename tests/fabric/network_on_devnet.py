"""The network of network.Network, by `belfry devnet` instead of a real orderer and real peers: the same channel from the
same configtxgen, joined by the same tools. BELFRY names the program."""
import json
import os
import pathlib
import signal
import subprocess

import network as fabric

BELFRY = os.environ.get("BELFRY", fabric.HERE.parent.parent / "build/belfry")


class Peer(fabric.Peer):
    def start(self, **more):
        """It runs as long as the network does."""


class Devnet(fabric.Network):
    def __init__(self, folder):
        super().__init__(folder)
        self.peers = {key: Peer(self, *key) for key in self.peers}
        self.process = None

    def up(self):
        self.make_crypto()  # of a third organisation, which has no part in the channel
        (self.folder / "crypto").rename(self.folder / "strangers")
        crypto = self.folder / "crypto"
        self.process = subprocess.Popen([BELFRY, "devnet", "--data", crypto, "--peers", "2", "--channel", "first", "--ports", "free",
                                         "--plain-osnadmin", "--json"], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the devnet did not start")
        facts = json.loads(line)
        port = lambda address: int(address.rsplit(":")[-1])
        for peer in self.peers.values():
            peer.port = port(next(it["address"] for it in facts["peers"] if it["name"] == peer.host))
            peer.address = f"127.0.0.1:{peer.port}"
        self.orderer_port, self.admin_port = port(facts["orderer"]), port(facts["participation"])
        self.make_genesis()
        admin = ["-o", f"127.0.0.1:{self.admin_port}", "--channelID"]
        self.tool("osnadmin", "channel", "remove", *admin, "first")
        self.tool("osnadmin", "channel", "join", *admin, fabric.CHANNEL, "--config-block", self.folder / "genesis.block")
        joined = [self.peers[key] for key in ((1, 0), (1, 1), (2, 0))]
        for peer in joined:
            peer.run("channel", "join", "-b", self.folder / "genesis.block")
        self.deploy(joined)

    def down(self):
        if self.chaincode:
            self.chaincode.kill()
            self.chaincode.wait()
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(30) == 0
            self.process.stdout.close()

    def orderer_admin_flags(self):
        return ["--orderer-admin", f"127.0.0.1:{self.admin_port}", "--plaintext"]

    def user(self, org):
        if org != 3:
            return super().user(org)
        msp = pathlib.Path(self.folder / "strangers/peerOrganizations/org3.example.com/users/User1@org3.example.com/msp")
        return next((msp / "signcerts").iterdir()), next((msp / "keystore").iterdir())
