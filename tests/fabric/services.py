"""Chaincode as a service on the network of network.py: packaged, installed, approved, committed, started."""
import json
import os
import socket
import subprocess

import network as fabric
from network import archive, free_port, retry

ENDORSERS = ((1, 0), (2, 0))
EITHER = "OR('Org1MSP.peer','Org2MSP.peer')"


class Network(fabric.Network):
    """Without the Node chaincode: services come and go by the tests."""

    def __init__(self, folder):
        super().__init__(folder)
        self.services = {}

    def deploy(self, peers):
        pass

    def down(self):
        for service in self.services.values():
            service.stop()
        super().down()

    def cli(self, peer, *arguments):
        """The peer CLI as its organisation's administrator: exit code, stdout, stderr."""
        one = self.peers[peer]
        env = {**one.environment(), "FABRIC_LOGGING_SPEC": "info",  # it says what a transaction gave
               "CORE_PEER_MSPCONFIGPATH": str(one.org_folder / f"users/Admin@org{one.org}.example.com/msp")}
        done = subprocess.run([fabric.BIN / "peer", *map(str, arguments)], env=env, capture_output=True, text=True)
        return done.returncode, done.stdout.rstrip("\n"), done.stderr

    def query(self, name, *arguments, peer=(1, 0)):
        code, out, errors = self.cli(peer, "chaincode", "query", "-C", fabric.CHANNEL, "-n", name, "-c",
                                     json.dumps({"Args": list(arguments)}))
        if code:
            raise RuntimeError(errors)
        return out

    def submit(self, name, *arguments, transient=None, peer=(1, 0)):
        targets = []
        one = self.peers[peer]
        targets += ["--peerAddresses", one.address, "--tlsRootCertFiles", one.tls_ca]
        extra = ["--transient", json.dumps(transient)] if transient else []
        code, out, errors = self.cli(peer, "chaincode", "invoke", "-C", fabric.CHANNEL, "-n", name, "-c",
                                     json.dumps({"Args": list(arguments)}), "--waitForEvent", *targets, *extra,
                                     *self.orderer_flags())
        if code:
            raise RuntimeError(errors)
        return out + errors

    def define(self, name, version, sequence, package, more=()):
        """Installs a package on both organisations' peers, approves and commits it; gives its id."""
        first = self.peers[1, 0]
        path = self.folder / f"{name}_{version}.tar.gz"
        path.write_bytes(package)
        package_id = first.run("lifecycle", "chaincode", "calculatepackageid", path).strip().splitlines()[-1]
        yield package_id
        definition = ["--channelID", fabric.CHANNEL, "--name", name, "--version", version, "--sequence", sequence,
                      "--signature-policy", EITHER, *more]
        targets = []
        for key in ENDORSERS:
            peer = self.peers[key]
            retry(lambda: peer.run("lifecycle", "chaincode", "install", path))
            retry(lambda: peer.run("lifecycle", "chaincode", "approveformyorg", *definition, "--package-id", package_id,
                                   *self.orderer_flags()))
            targets += ["--peerAddresses", peer.address, "--tlsRootCertFiles", peer.tls_ca]
        retry(lambda: first.run("lifecycle", "chaincode", "commit", *definition, *targets, *self.orderer_flags()))

    def serve(self, name, program, version="1", sequence=1, tls=False, more=()):
        """Deploys a program, or a command and its arguments, as a service."""
        service = Service(self, program, tls)
        defining = self.define(name, version, sequence, service.package(f"{name}_{version}"), more)
        service.start(next(defining))
        next(defining, None)
        if name in self.services:
            self.services[name].stop()
        self.services[name] = service
        return service


class Service:
    def __init__(self, network, program, tls):
        self.network, self.tls, self.process, self.id = network, tls, None, None
        self.command = program if isinstance(program, list) else [program]
        self.port = free_port()
        org = network.folder / "crypto/peerOrganizations/org1.example.com"
        self.server = org / "peers/peer0.org1.example.com/tls"  # its names cover 127.0.0.1
        self.client = org / "users/User1@org1.example.com/tls"

    def package(self, label):
        connection = {"address": f"127.0.0.1:{self.port}", "dial_timeout": "10s", "tls_required": self.tls}
        if self.tls:
            connection |= {"client_auth_required": True, "root_cert": (self.server / "ca.crt").read_text(),
                           "client_cert": (self.client / "client.crt").read_text(),
                           "client_key": (self.client / "client.key").read_text()}
        inner = archive({"connection.json": json.dumps(connection).encode()})
        return archive({"metadata.json": json.dumps({"type": "ccaas", "label": label}).encode(), "code.tar.gz": inner})

    def start(self, package_id=None):
        self.id = package_id or self.id
        env = {**os.environ, "CORE_CHAINCODE_ID_NAME": self.id, "CHAINCODE_SERVER_ADDRESS": f"127.0.0.1:{self.port}"}
        if self.tls:
            env |= {"CHAINCODE_TLS_CERT": str(self.server / "server.crt"), "CHAINCODE_TLS_KEY": str(self.server / "server.key"),
                    "CHAINCODE_CLIENT_CA_CERT": str(self.server / "ca.crt")}
        with open(self.network.folder / "chaincode.log", "ab") as log:
            self.process = subprocess.Popen(self.command, env=env, stdout=log, stderr=log)
        retry(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close())

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.process = None
