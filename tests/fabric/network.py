"""A real Fabric network on loopback, without docker: one etcdraft orderer, two organisations in the channel (two peers
each, the last joined only on demand), a third outside it, TLS everywhere, and a Node chaincode as a service.

    with Network(folder) as network:
        network.invoke("event", "Created", "{}")

Programs come from FABRIC_BIN, their sample configuration from FABRIC_CFG_PATH. Ports are picked free.
"""
import io
import json
import os
import pathlib
import socket
import subprocess
import tarfile
import time

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(os.environ.get("FABRIC_BIN", ""))
CONFIG = pathlib.Path(os.environ.get("FABRIC_CFG_PATH", ""))
CHANNEL = "mychannel"


def available():
    return bool(os.environ.get("FABRIC_BIN")) and (BIN / "peer").exists() and (CONFIG / "core.yaml").exists()


def version():
    out = subprocess.run([BIN / "peer", "version"], capture_output=True, text=True, check=True,
                         env={**os.environ, "FABRIC_CFG_PATH": str(CONFIG)}).stdout
    return next(line.split(":")[1].strip() for line in out.splitlines() if line.strip().startswith("Version"))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def fail():
    raise RuntimeError("not yet")


def retry(action, seconds=40, pause=0.3):
    end = time.monotonic() + seconds
    while True:
        try:
            return action()
        except Exception:
            if time.monotonic() > end:
                raise
            time.sleep(pause)


class Peer:
    def __init__(self, network, org, index):
        self.network, self.org, self.index = network, org, index
        self.host = f"peer{index}.org{org}.example.com"
        self.port, self.cc_port = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.org_folder = network.folder / f"crypto/peerOrganizations/org{org}.example.com"
        self.folder = self.org_folder / "peers" / self.host
        self.tls_ca = self.folder / "tls/ca.crt"
        self.data = network.folder / "data" / self.host
        self.process = None

    def environment(self):
        tls = self.folder / "tls"
        return {
            **os.environ, "FABRIC_CFG_PATH": str(CONFIG), "FABRIC_LOGGING_SPEC": "warning",
            "CORE_PEER_ID": self.host, "CORE_PEER_ADDRESS": self.address, "CORE_PEER_LISTENADDRESS": self.address,
            "CORE_PEER_CHAINCODELISTENADDRESS": f"127.0.0.1:{self.cc_port}",
            "CORE_PEER_LOCALMSPID": f"Org{self.org}MSP", "CORE_PEER_MSPCONFIGPATH": str(self.folder / "msp"),
            "CORE_PEER_TLS_ENABLED": "true", "CORE_PEER_TLS_CERT_FILE": str(tls / "server.crt"),
            "CORE_PEER_TLS_KEY_FILE": str(tls / "server.key"), "CORE_PEER_TLS_ROOTCERT_FILE": str(tls / "ca.crt"),
            "CORE_PEER_FILESYSTEMPATH": str(self.data), "CORE_LEDGER_SNAPSHOTS_ROOTDIR": str(self.data / "snapshots"),
            "CORE_PEER_GOSSIP_USELEADERELECTION": "false", "CORE_PEER_GOSSIP_ORGLEADER": "true",
            "CORE_PEER_GOSSIP_BOOTSTRAP": self.address, "CORE_PEER_GOSSIP_STATE_ENABLED": "false",
            "CORE_PEER_GOSSIP_EXTERNALENDPOINT": self.address,  # else the gateway does not count the peer itself
            # Peers here do not know each other: missing private data is given up at once, not after a minute a block.
            "CORE_PEER_GOSSIP_PVTDATA_PULLRETRYTHRESHOLD": "100ms",
            "CORE_OPERATIONS_LISTENADDRESS": "127.0.0.1:0", "CORE_PEER_PROFILE_ENABLED": "false",
            "CORE_VM_ENDPOINT": "",
            "CORE_CHAINCODE_EXTERNALBUILDERS": json.dumps([{"name": "ccaas", "path": str(HERE / "builder")}]),
        }

    def start(self, **more):
        """With more environment, if given."""
        with open(self.network.folder / f"{self.host}.log", "ab") as log:
            self.process = subprocess.Popen([BIN / "peer", "node", "start"], env={**self.environment(), **more},
                                            stdout=log, stderr=log)
        retry(self.listening)

    def listening(self):
        socket.create_connection(("127.0.0.1", self.port), 1).close()

    def stop(self, kill=False):
        if self.process:
            (self.process.kill if kill else self.process.terminate)()
            self.process.wait()
            self.process = None

    def run(self, *arguments, check=True):
        """The peer CLI as this organisation's administrator, towards this peer."""
        env = {**self.environment(),
               "CORE_PEER_MSPCONFIGPATH": str(self.org_folder / f"users/Admin@org{self.org}.example.com/msp")}
        done = subprocess.run([BIN / "peer", *map(str, arguments)], env=env, capture_output=True, text=True)
        if check and done.returncode:
            raise RuntimeError(f"peer {' '.join(map(str, arguments))}: {done.stderr[-600:]}")
        return done.stdout + done.stderr

    def height(self):
        out = self.run("channel", "getinfo", "-c", CHANNEL)
        return json.loads(out.split("Blockchain info:")[1].strip().splitlines()[0])["height"]


class Network:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.orderer_port, self.admin_port, self.cc_port = free_port(), free_port(), free_port()
        self.peers = {(org, index): Peer(self, org, index) for org in (1, 2) for index in (0, 1)}
        self.orderer = self.chaincode = None
        self.orderer_folder = (self.folder / "crypto/ordererOrganizations/example.com/orderers/orderer.example.com")

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_):
        self.down()

    def up(self):
        self.make_crypto()
        self.make_genesis()
        self.start_orderer()
        joined = [self.peers[key] for key in ((1, 0), (1, 1), (2, 0))]
        for peer in joined:
            peer.start()
        self.join_orderer()
        for peer in joined:
            retry(lambda peer=peer: peer.run("channel", "join", "-b", self.folder / "genesis.block"))
        self.deploy(joined)

    def down(self):
        for peer in self.peers.values():
            peer.stop(kill=True)
        for process in (self.orderer, self.chaincode):
            if process:
                process.kill()
                process.wait()

    def mend(self):
        """Starts again what a scenario left stopped."""
        if not self.orderer:
            self.start_orderer()
        for key in ((1, 0), (1, 1), (2, 0)):
            if not self.peers[key].process:
                self.peers[key].start()
        retry(lambda: self.invoke("put", "mended", "yes"))

    # Crypto material and configuration

    def make_crypto(self):
        sans = "      SANS: [localhost, 127.0.0.1]\n"
        text = ("OrdererOrgs:\n  - Name: Orderer\n    Domain: example.com\n    EnableNodeOUs: true\n    Specs:\n"
                "    - Hostname: orderer\n" + sans + "PeerOrgs:\n")
        for org in (1, 2, 3):
            text += (f"  - Name: Org{org}\n    Domain: org{org}.example.com\n    EnableNodeOUs: true\n    Template:\n"
                     f"      Count: 2\n{sans}    Users:\n      Count: 1\n")
        (self.folder / "crypto-config.yaml").write_text(text)
        self.tool("cryptogen", "generate", "--config", self.folder / "crypto-config.yaml", "--output",
                  self.folder / "crypto")

    def make_genesis(self):
        def org(name, msp, folder, extra=""):
            rules = "".join(f"      {policy}: {{Type: Signature, Rule: \"OR('{msp}.{who}')\"}}\n"
                            for policy, who in (("Readers", "member"), ("Writers", "member"), ("Admins", "admin"),
                                                ("Endorsement", "peer")))
            return f"  - &{name}\n    Name: {msp}\n    ID: {msp}\n    MSPDir: {folder}\n    Policies:\n{rules}{extra}"

        def policies(indent, extra=""):
            pad = " " * indent
            return "".join(f"{pad}  {policy}: {{Type: ImplicitMeta, Rule: \"{rule}\"}}\n" for policy, rule in (
                ("Readers", "ANY Readers"), ("Writers", "ANY Writers"), ("Admins", "MAJORITY Admins"))) + extra

        crypto = self.folder / "crypto"
        certificate = self.orderer_folder / "tls/server.crt"
        endorsement = "".join(f"        {name}: {{Type: ImplicitMeta, Rule: \"MAJORITY Endorsement\"}}\n"
                              for name in ("LifecycleEndorsement", "Endorsement"))
        text = "Organizations:\n" + org(
            "Orderer", "OrdererMSP", crypto / "ordererOrganizations/example.com/msp",
            f"    OrdererEndpoints: [\"127.0.0.1:{self.orderer_port}\"]\n")
        for number in (1, 2):
            text += org(f"Org{number}", f"Org{number}MSP", crypto / f"peerOrganizations/org{number}.example.com/msp")
        text += ("Profiles:\n  Channel:\n    Policies:\n" + policies(4) +
                 "    Capabilities: {V2_0: true}\n    Orderer:\n      OrdererType: etcdraft\n      BatchTimeout: 200ms\n"
                 "      BatchSize: {MaxMessageCount: 10, AbsoluteMaxBytes: 10 MB, PreferredMaxBytes: 2 MB}\n"
                 f"      EtcdRaft:\n        Consenters:\n        - {{Host: 127.0.0.1, Port: {self.orderer_port}, "
                 f"ClientTLSCert: {certificate}, ServerTLSCert: {certificate}}}\n"
                 "      Organizations: [*Orderer]\n      Policies:\n" +
                 policies(6, "        BlockValidation: {Type: ImplicitMeta, Rule: \"ANY Writers\"}\n") +
                 "      Capabilities: {V2_0: true}\n    Application:\n      Organizations: [*Org1, *Org2]\n"
                 "      Policies:\n" + policies(6, endorsement) + "      Capabilities: {V2_5: true}\n")
        (self.folder / "configtx.yaml").write_text(text)
        self.tool("configtxgen", "-profile", "Channel", "-channelID", CHANNEL, "-outputBlock",
                  self.folder / "genesis.block", "-configPath", self.folder)

    def tool(self, name, *arguments):
        done = subprocess.run([BIN / name, *map(str, arguments)], capture_output=True, text=True,
                              env={**os.environ, "FABRIC_CFG_PATH": str(CONFIG)})
        if done.returncode:
            raise RuntimeError(f"{name}: {(done.stdout + done.stderr)[-800:]}")
        return done.stdout

    # The orderer

    def start_orderer(self):
        tls, data = self.orderer_folder / "tls", self.folder / "data/orderer"
        env = {**os.environ, "FABRIC_CFG_PATH": str(CONFIG), "FABRIC_LOGGING_SPEC": "warning",
               "ORDERER_GENERAL_LISTENADDRESS": "127.0.0.1", "ORDERER_GENERAL_LISTENPORT": str(self.orderer_port),
               "ORDERER_GENERAL_LOCALMSPID": "OrdererMSP",
               "ORDERER_GENERAL_LOCALMSPDIR": str(self.orderer_folder / "msp"),
               "ORDERER_GENERAL_BOOTSTRAPMETHOD": "none", "ORDERER_CHANNELPARTICIPATION_ENABLED": "true",
               "ORDERER_FILELEDGER_LOCATION": str(data), "ORDERER_CONSENSUS_WALDIR": str(data / "wal"),
               "ORDERER_CONSENSUS_SNAPDIR": str(data / "snapshots"),
               "ORDERER_ADMIN_LISTENADDRESS": f"127.0.0.1:{self.admin_port}",
               "ORDERER_OPERATIONS_LISTENADDRESS": "127.0.0.1:0"}
        for section in ("GENERAL", "ADMIN"):
            env |= {f"ORDERER_{section}_TLS_ENABLED": "true",
                    f"ORDERER_{section}_TLS_CERTIFICATE": str(tls / "server.crt"),
                    f"ORDERER_{section}_TLS_PRIVATEKEY": str(tls / "server.key")}
        env |= {"ORDERER_GENERAL_TLS_ROOTCAS": f"[{tls / 'ca.crt'}]",
                "ORDERER_GENERAL_CLUSTER_CLIENTCERTIFICATE": str(tls / "server.crt"),
                "ORDERER_GENERAL_CLUSTER_CLIENTPRIVATEKEY": str(tls / "server.key"),
                "ORDERER_GENERAL_CLUSTER_ROOTCAS": f"[{tls / 'ca.crt'}]",
                "ORDERER_ADMIN_TLS_CLIENTROOTCAS": f"[{tls / 'ca.crt'}]"}
        with open(self.folder / "orderer.log", "ab") as log:
            self.orderer = subprocess.Popen([BIN / "orderer"], env=env, stdout=log, stderr=log)
        retry(lambda: socket.create_connection(("127.0.0.1", self.admin_port), 1).close())

    def stop_orderer(self):
        self.orderer.terminate()
        self.orderer.wait()
        self.orderer = None

    def join_orderer(self):
        tls = self.orderer_folder / "tls"

        def join():
            out = self.tool("osnadmin", "channel", "join", "--channelID", CHANNEL, "--config-block",
                            self.folder / "genesis.block", "-o", f"127.0.0.1:{self.admin_port}", "--ca-file",
                            tls / "ca.crt", "--client-cert", tls / "server.crt", "--client-key", tls / "server.key")
            if "Status: 201" not in out:
                raise RuntimeError(out)

        retry(join)

    def orderer_admin_flags(self):
        """For `belfry channel`, towards the participation API."""
        tls = self.orderer_folder / "tls"
        return ["--orderer-admin", f"127.0.0.1:{self.admin_port}", "--orderer-ca", tls / "ca.crt", "--tls-cert", tls / "server.crt",
                "--tls-key", tls / "server.key"]

    def orderer_flags(self):
        return ["-o", f"127.0.0.1:{self.orderer_port}", "--tls", "--cafile", self.orderer_folder / "tls/ca.crt"]

    # The chaincode

    def deploy(self, peers):
        package = self.folder / "events.tar.gz"
        connection = {"address": f"127.0.0.1:{self.cc_port}", "dial_timeout": "10s", "tls_required": False}
        inner = archive({"connection.json": json.dumps(connection).encode()})
        package.write_bytes(archive({"metadata.json": b'{"type":"ccaas","label":"events"}', "code.tar.gz": inner}))
        first = peers[0]
        package_id = first.run("lifecycle", "chaincode", "calculatepackageid", package).strip().splitlines()[-1]
        self.chaincode = start_chaincode(package_id, f"127.0.0.1:{self.cc_port}", self.folder / "chaincode.log")
        for peer in peers:
            retry(lambda peer=peer: peer.run("lifecycle", "chaincode", "install", package))
        definition = ["--channelID", CHANNEL, "--name", "events", "--version", "1", "--sequence", "1",
                      "--signature-policy", "OR('Org1MSP.peer','Org2MSP.peer')"]
        for key in ((1, 0), (2, 0)):
            retry(lambda key=key: self.peers[key].run("lifecycle", "chaincode", "approveformyorg", *definition,
                                                      "--package-id", package_id, *self.orderer_flags()))
        targets = []
        for key in ((1, 0), (2, 0)):
            targets += ["--peerAddresses", self.peers[key].address, "--tlsRootCertFiles", self.peers[key].tls_ca]
        retry(lambda: first.run("lifecycle", "chaincode", "commit", *definition, *targets, *self.orderer_flags()))
        retry(lambda: self.invoke("put", "ready", "yes"))

    def invoke(self, *arguments, peer=(1, 0)):
        """A transaction, committed when this returns."""
        self.peers[peer].run("chaincode", "invoke", "-C", CHANNEL, "-n", "events", "-c",
                             json.dumps({"Args": list(arguments)}), "--waitForEvent", "--peerAddresses",
                             self.peers[peer].address, "--tlsRootCertFiles", self.peers[peer].tls_ca,
                             *self.orderer_flags())

    # Identities

    def user(self, org):
        """Certificate and key of User1 of an organisation."""
        msp = (self.folder / f"crypto/peerOrganizations/org{org}.example.com/users/User1@org{org}.example.com/msp")
        return next((msp / "signcerts").iterdir()), next((msp / "keystore").iterdir())

    def admin(self, org):
        """MSP folder of an organisation's administrator."""
        return self.folder / f"crypto/peerOrganizations/org{org}.example.com/users/Admin@org{org}.example.com/msp"

    def anchor_update(self, org, folder):
        """A configuration update (common.ConfigUpdate, by configtxlator) that makes an anchor peer known."""
        peer = self.peers[org, 0]
        peer.run("channel", "fetch", "config", folder / "config.block", "-c", CHANNEL)
        self.tool("configtxlator", "proto_decode", "--type", "common.Block", "--input", folder / "config.block", "--output",
                  folder / "config.json")
        config = json.loads((folder / "config.json").read_text())["data"]["data"][0]["payload"]["data"]["config"]
        for name in ("old", "new"):
            if name == "new":
                config["channel_group"]["groups"]["Application"]["groups"][f"Org{org}MSP"]["values"]["AnchorPeers"] = {
                    "mod_policy": "Admins", "value": {"anchor_peers": [{"host": peer.host, "port": 7051}]}, "version": "0"}
            (folder / f"{name}.json").write_text(json.dumps(config))
            self.tool("configtxlator", "proto_encode", "--type", "common.Config", "--input", folder / f"{name}.json", "--output",
                      folder / f"{name}.pb")
        self.tool("configtxlator", "compute_update", "--channel_id", CHANNEL, "--original", folder / "old.pb", "--updated",
                  folder / "new.pb", "--output", folder / "update.pb")
        return folder / "update.pb"

    def tls_user(self, org):
        """TLS client certificate and key of User1 of an organisation."""
        tls = self.folder / f"crypto/peerOrganizations/org{org}.example.com/users/User1@org{org}.example.com/tls"
        return tls / "client.crt", tls / "client.key"

    def short_lived(self, name, seconds):
        """A certificate of Org1 that ends so many seconds from now (or ended, if negative)."""
        ca = self.folder / "crypto/peerOrganizations/org1.example.com/ca"
        folder = self.folder / name
        folder.mkdir()
        (folder / "index").write_text("")
        (folder / "serial").write_text("1000\n")
        (folder / "ca.cnf").write_text(
            f"[ca]\ndefault_ca=this\n[this]\ndatabase={folder}/index\nserial={folder}/serial\nnew_certs_dir={folder}\n"
            "default_md=sha256\npolicy=any\nx509_extensions=leaf\n[any]\ncommonName=supplied\n"
            "organizationalUnitName=optional\n[leaf]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,"
            "digitalSignature\nauthorityKeyIdentifier=keyid\n")
        stamp = "%Y%m%d%H%M%SZ"
        now = time.time()
        # cryptogen's authorities begin five minutes ago; a leaf must not begin before its authority.
        begin, end = time.strftime(stamp, time.gmtime(now - 120)), time.strftime(stamp, time.gmtime(now + seconds))
        key = next(path for path in ca.iterdir() if path.name.endswith("_sk"))
        certificate = next(path for path in ca.iterdir() if path.name.endswith(".pem"))
        for command in (
                ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", folder / "sec1.key"],
                ["pkcs8", "-topk8", "-nocrypt", "-in", folder / "sec1.key", "-out", folder / "user.key"],
                ["req", "-new", "-key", folder / "user.key", "-subj", f"/OU=client/CN={name}", "-out",
                 folder / "user.csr"],
                ["ca", "-batch", "-notext", "-config", folder / "ca.cnf", "-cert", certificate, "-keyfile", key, "-in",
                 folder / "user.csr", "-out", folder / "user.pem", "-startdate", begin, "-enddate", end]):
            subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
        return folder / "user.pem", folder / "user.key"


def archive(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, contents in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(contents)
            tar.addfile(info, io.BytesIO(contents))
    return out.getvalue()


def start_chaincode(package_id, address, log):
    # Node's shim is that of the devnet's tests.
    modules = HERE.parent / "devnet"
    subprocess.run(["bash", "-c", '. "$0/support/install.sh" && node_packages "$1"', HERE.parent, modules], check=True)
    env = {**os.environ, "NODE_PATH": str(modules / "node_modules"), "CHAINCODE_ID": package_id, "CHAINCODE_ADDRESS": address}
    with open(log, "ab") as out:
        process = subprocess.Popen(["node", HERE / "chaincode/index.js"], env=env, stdout=out, stderr=subprocess.STDOUT)
    host, port = address.split(":")
    retry(lambda: socket.create_connection((host, int(port)), 1).close())
    return process
