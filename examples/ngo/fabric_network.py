"""The demo's network: Fabric's own programs, two organisations, brought up as the tests do."""
import json

import network as fabric
import services


class FabricNetwork:
    def __init__(self, folder):
        self.folder = folder
        self.network = None

    def start(self):
        if not fabric.available():
            raise SystemExit("FABRIC_BIN and FABRIC_CFG_PATH name no Fabric programs")
        self.folder.mkdir()
        self.network = services.Network(self.folder)
        self.network.up()
        return f"Fabric {fabric.version()}: two organisations, three peers, an orderer"

    def stop(self):
        if self.network:
            self.network.down()

    def deploy(self, program, version, sequence):
        self.network.serve("ngo", str(program), version, sequence)
        fabric.retry(lambda: self.network.query("ngo", "queryAllNGOs"))
        return f"ngo, version {version}: installed, approved and committed by both organisations"

    def submit(self, function, **record):
        self.network.submit("ngo", function, json.dumps(record))

    def enroll(self, belfry, secret):
        """Gives the listener one of the users that came with the network."""
        for name, path in zip(("signcert", "pk"), self.network.user(1)):
            belfry.run("secret", "put", f"{secret}/{name}", "--file", path)
        return f"{secret} in secrets"

    def settings(self):
        """What belfry.yaml asks the environment for."""
        peer = self.network.peers[1, 0]
        return {"PEER": peer.address, "TLS_CA": str(peer.tls_ca)}
