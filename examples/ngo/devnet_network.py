"""The demo's network: `belfry devnet`, and belfry's own commands on it: `ca`, `chaincode`, `tx`."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

from running import Belfry

ORGANISATIONS = ["--network", "Org1MSP", "--network", "Org2MSP"]


class DevnetNetwork:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.devnet = self.service = None

    def start(self):
        self.folder.mkdir()
        self.belfry = Belfry(self.program, self.folder)
        self.log = open(self.folder / "network.log", "ab")
        # Its own folder is below ours, so that it goes with ours however the devnet ends.
        self.devnet = subprocess.Popen([self.program, "devnet", "--ephemeral", "--ports", "free", "--json"], text=True,
                                       stdout=subprocess.PIPE, stderr=self.log, env={**os.environ, "TMPDIR": str(self.folder)})
        line = self.devnet.stdout.readline()
        if not line:
            raise SystemExit("the devnet did not start:\n" + (self.folder / "network.log").read_text())
        self.shape = json.loads(line)
        # For the commands: each organisation is a network of this file, with its administrator and a user.
        networks = {peer["msp_id"]: self.as_network(peer) for peer in self.shape["peers"]}
        (self.folder / "belfry.yaml").write_text(json.dumps({"networks": networks}, indent=2))
        return f"belfry devnet: {len(networks)} organisations, their peers and CAs, an orderer, in one process"

    def organisation(self, peer):
        return pathlib.Path(self.shape["folder"]) / "peerOrganizations" / peer["name"].partition(".")[2]

    def tls_ca(self, peer):
        return str(self.organisation(peer) / "peers" / peer["name"] / "tls/ca.crt")

    def as_network(self, peer):
        users = self.organisation(peer) / "users"
        admin, user = ({"msp_folder": str(users / f"{name}@{users.parent.name}/msp")} for name in ("Admin", "User1"))
        return {"channel": self.shape["channels"][0], "msp": peer["msp_id"], "identity": user, "admin": admin,
                "peers": [{"address": peer["address"], "tls_ca": self.tls_ca(peer)}]}

    def stop(self):
        for process in (self.service, self.devnet):
            end(process)
        self.service = self.devnet = None

    def deploy(self, program, version, sequence):
        """The chaincode as a service, on the peers of both organisations."""
        address, serving = self.serve(program, f"ngo_{version}")
        self.belfry.run("chaincode", "upgrade", "ngo", "--address", address, "--version", version, "--sequence", sequence, *ORGANISATIONS)
        end(self.service)
        self.service = serving
        return f"belfry chaincode upgrade ngo --version {version}: installed, approved and committed by both organisations"

    def serve(self, program, label):
        for _ in range(10):  # somebody else may take the free port first
            with socket.socket() as one:
                one.bind(("127.0.0.1", 0))
                address = "127.0.0.1:%d" % one.getsockname()[1]
            package = json.loads(self.belfry.run("chaincode", "package", label, "--address", address, "--output", "json"))
            serving = subprocess.Popen([program], stdout=self.log, stderr=self.log, env={
                **os.environ, "CORE_CHAINCODE_ID_NAME": package["package_id"], "CHAINCODE_SERVER_ADDRESS": address})
            if self.says(f"{package['package_id']} serves on {address}", serving):
                return address, serving
            end(serving)
        raise SystemExit(f"{program} did not start:\n" + (self.folder / "network.log").read_text())

    def says(self, line, process, seconds=120):
        """Whether the process says so before it ends. Its word counts, not a connection: that could be to whoever took the port."""
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline:
            if line in (self.folder / "network.log").read_text(errors="replace"):
                return True
            time.sleep(0.01)
        return False

    def submit(self, function, **record):
        self.belfry.run("tx", "submit", "ngo", function, json.dumps(record), *ORGANISATIONS[:2])

    def enroll(self, belfry, secret):
        """Makes the secret's user known at the first organisation's CA, and enrolls it into belfry's secrets."""
        *_, member, user = secret.split("/")
        ca = ["--url", self.shape["cas"]["Org1MSP"], "--tls-ca", self.tls_ca(self.shape["peers"][0])]
        registrar = self.folder / "registrar/msp"
        belfry.run("ca", "enroll", "admin", *ca, "--msp", registrar, environment={"BELFRY_CA_SECRET": "adminpw"})
        registered = json.loads(belfry.run("ca", "register", user, "--affiliation", member, *ca, "--as", registrar, "--output", "json"))
        belfry.run("ca", "enroll", user, *ca, "--secrets", secret, environment={"BELFRY_CA_SECRET": registered["secret"]})
        return f"registered at {member}'s CA, enrolled into secrets as {secret}"

    def settings(self):
        """What belfry.yaml asks the environment for."""
        peer = self.shape["peers"][0]
        return {"PEER": peer["address"], "TLS_CA": self.tls_ca(peer)}


def end(process):
    """Asks it to end; a minute later it is made to."""
    if process:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
