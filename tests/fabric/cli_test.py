#!/usr/bin/env python3
"""`belfry tx`, `belfry chaincode` and `belfry channel` on a Fabric network, judged by Fabric's own `peer`. BELFRY
names the program; with --devnet the network is `belfry devnet`. Skipped (77) without FABRIC_BIN and FABRIC_CFG_PATH."""
import base64
import json
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cli")]
import network as fabric  # noqa: E402
from network_on_devnet import Devnet  # noqa: E402
from support import CliTest, main  # noqa: E402

NETWORK = Devnet if "--devnet" in sys.argv else fabric.Network
COLLECTIONS = """\
- {name: secrets, policy: "OR('Org1MSP.member', 'Org2MSP.member')", requiredPeerCount: 0, maxPeerCount: 1,
   blockToLive: 0, memberOnlyRead: true, memberOnlyWrite: true, endorsementPolicy: {signaturePolicy: "OR('Org1MSP.peer')"}}
"""


class Fabric(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="belfry-fabric-")
        cls.addClassCleanup(cls.place.cleanup)
        cls.network = NETWORK(cls.place.name)
        cls.addClassCleanup(cls.network.down)
        cls.network.up()

    def setUp(self):
        super().setUp()
        self.write_config()

    def write_config(self, more=""):
        def peers(*keys):
            return ", ".join(f'{{address: "{peer.address}", tls_ca: "{peer.tls_ca}"}}'
                             for peer in map(self.network.peers.get, keys))

        def network(org, *keys):
            certificate, key = self.network.user(org)
            return (f"  org{org}: {{channel: {fabric.CHANNEL}, msp: Org{org}MSP, peers: [{peers(*keys)}], identity: "
                    f'{{certificate: "{certificate}", key: "{key}"}}, admin: {{msp_folder: "{self.network.admin(org)}"}}{more}}}\n')

        (self.folder / "belfry.yaml").write_text("networks:\n" + network(1, (1, 0), (1, 1)) + network(2, (2, 0)))

    def on(self, *words, org=1, code=0):
        """A command on the network as an organisation: (standard output, standard error)."""
        return self.belfry(*words[:2], "--network", f"org{org}", *words[2:], code=code)

    def as_json(self, *words, org=1, code=0):
        return json.loads(self.on(*words, "--output", "json", org=org, code=code)[0])

    def submit(self, *words, **options):
        return self.as_json("tx", "submit", *words, **options)

    def evaluate(self, *words, **options):
        return self.on("tx", "evaluate", *words, **options)[0]

    def deploy(self, name, *more, orgs=(1, 2)):
        """As a service, whose process is started when the package's id is known."""
        port = fabric.free_port()
        label = f"{name}_1"
        package_id = self.belfry("chaincode", "package", label, "--address", f"127.0.0.1:{port}")[0].strip()
        self.run_chaincode(package_id, port)
        networks = [word for org in orgs for word in ("--network", f"org{org}")]
        out, _ = self.belfry("chaincode", "upgrade", name, *networks, "--address", f"127.0.0.1:{port}", "--label", label, *more)
        self.assertIn(package_id, out)
        return package_id

    def run_chaincode(self, package_id, port):
        process = fabric.start_chaincode(package_id, f"127.0.0.1:{port}", self.folder / "chaincode.log")
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)


class Transactions(Fabric):
    def test_what_is_submitted_is_read_back(self):
        done = self.submit("events", "put", "greeting", '{"hello": "world"}')
        self.assertEqual((done["code"], done["status"]), ("VALID", 200))
        self.assertEqual(self.evaluate("events", "get", "greeting"), '{"hello": "world"}\n')
        self.submit("events", "put", "list", '["a", "b,c"]')
        self.assertEqual(self.evaluate("events", "get", "list"), '["a", "b,c"]\n')
        # The block and the transaction are the peer's own.
        block = self.block(done["block"])
        self.assertIn(done["transaction_id"].encode(), block)

    def block(self, number):
        path = self.folder / f"{number}.block"
        self.network.peers[1, 0].run("channel", "fetch", number, path, "-c", fabric.CHANNEL)
        return path.read_bytes()

    def test_plain_output_is_the_result_and_a_line_beside_it(self):
        self.submit("events", "put", "plain", "text")
        out, err = self.on("tx", "submit", "events", "get", "plain")
        self.assertEqual(out, "text\n")
        self.assertRegex(err, r"^transaction [0-9a-f]{64}, block [0-9]+, VALID\n$")

    def test_named_endorsers_and_an_orderer_without_the_gateway(self):
        tls = self.network.orderer_folder / "tls/ca.crt"
        both = ",".join(self.network.peers[key].address for key in ((1, 0), (2, 0)))
        certificate, key = self.network.user(1)
        authorities = [word for k in ((1, 0), (2, 0)) for word in ("--tls-ca", self.network.peers[k].tls_ca)]
        peers = [word for k in ((1, 0), (2, 0)) for word in ("--peer", self.network.peers[k].address)]
        out, _ = self.belfry("tx", "submit", "events", "put", "direct", "1", *peers, *authorities, "--msp", "Org1MSP", "--cert",
                             certificate, "--key", key, "--channel", fabric.CHANNEL, "--endorsers", both, "--orderer",
                             f"127.0.0.1:{self.network.orderer_port}", "--orderer-ca", tls, "--output", "json")
        self.assertEqual(json.loads(out)["code"], "VALID")
        self.assertEqual(self.evaluate("events", "get", "direct", org=2), "1\n")

    def test_the_environment_of_the_peer_command_will_do(self):
        (self.folder / "belfry.yaml").unlink()
        environment = {name: value for name, value in self.network.peers[1, 0].environment().items() if name.startswith("CORE_PEER_")}
        environment["CORE_PEER_MSPCONFIGPATH"] = str(self.network.admin(1))
        out, _ = self.belfry("tx", "evaluate", "--channel", fabric.CHANNEL, "events", "get", "ready", **environment)
        self.assertEqual(out, "yes\n")

    def test_a_profile_will_do(self):
        peer = self.network.peers[1, 0]
        certificate, key = self.network.user(1)
        (self.folder / "profile.json").write_text(json.dumps({
            "name": "test", "client": {"organization": "Org1"}, "channels": {fabric.CHANNEL: {}},
            "organizations": {"Org1": {"mspid": "Org1MSP", "peers": ["peer0"],
                                       "users": {"User1": {"cert": {"path": str(certificate)}, "key": {"path": str(key)}}}}},
            "peers": {"peer0": {"url": f"grpcs://{peer.address}", "tlsCACerts": {"path": str(peer.tls_ca)}}}}))
        out, _ = self.belfry("tx", "evaluate", "--profile", "profile.json", "events", "get", "ready")
        self.assertEqual(out, "yes\n")

    def test_the_chaincodes_words_arrive(self):
        for command in ("submit", "evaluate"):
            _, err = self.on("tx", command, "events", "fail", "went wrong", code=1)
            self.assertIn("went wrong", err)
            self.assertNotIn("see attached details", err)

    def test_an_unknown_chaincode_is_told_with_the_next_step(self):
        _, err = self.on("tx", "evaluate", "nosuch", "x", code=1)
        self.assertIn("nosuch", err)
        self.assertIn("belfry chaincode list", err)

    def test_an_unknown_channel_and_a_foreign_identity_are_refused(self):
        self.on("tx", "evaluate", "--channel", "nochannel", "events", "get", "ready", code=1)
        certificate, key = self.network.user(3)
        _, err = self.on("tx", "evaluate", "--msp", "Org3MSP", "--cert", certificate, "--key", key, "events", "get", "ready", code=1)
        self.assertIn("access denied", err)

    def test_misuse_is_told_from_failure(self):
        self.on("tx", "submit", "events", code=2)
        self.belfry("tx", "evaluate", "--network", "church", "events", "get", "x", code=2)
        self.on("tx", "submit", "events", "put", "a", "b", "--transient", "novalue", code=2)

    def test_nobody_at_home(self):
        path = self.folder / "belfry.yaml"
        for key in ((1, 0), (1, 1)):
            path.write_text(path.read_text().replace(self.network.peers[key].address, f"127.0.0.1:{fabric.free_port()}"))
        _, err = self.on("tx", "evaluate", "events", "get", "ready", code=1)
        self.assertIn("nobody listens", err)


class Lifecycle(Fabric):
    def test_from_package_to_upgrade(self):
        first = self.deploy("ngo", "--policy", "OR('Org1MSP.peer', 'Org2MSP.peer')")
        self.assertEqual(self.submit("ngo", "put", "k", "1")["code"], "VALID")
        listed = json.loads(self.network.peers[1, 0].run("lifecycle", "chaincode", "querycommitted", "-C", fabric.CHANNEL, "-n", "ngo",
                                                         "-O", "json"))
        self.assertEqual((listed["sequence"], listed["version"], listed["approvals"]), (1, "1", {"Org1MSP": True, "Org2MSP": True}))

        # The upgrade keeps the policy; the peer's own tool, given the same words, finds it ready.
        port = fabric.free_port()
        second = self.belfry("chaincode", "package", "ngo_2", "--address", f"127.0.0.1:{port}")[0].strip()
        self.assertNotEqual(first, second)
        self.run_chaincode(second, port)
        for org in (1, 2):
            out, _ = self.on("chaincode", "install", "ngo_2", "--address", f"127.0.0.1:{port}", org=org)
            self.assertIn(f"Org{org}MSP", out)
        out, _ = self.on("chaincode", "install", "ngo_2", "--address", f"127.0.0.1:{port}")
        self.assertIn("already on", out)
        out, _ = self.on("chaincode", "approve", "ngo", "--package-id", second)
        self.assertIn("not yet by Org2MSP", out)
        _, err = self.on("chaincode", "commit", "ngo", code=1)
        self.assertIn("belfry chaincode approve ngo --sequence 2", err)
        self.on("chaincode", "approve", "ngo", "--package-id", second, org=2)
        ready = json.loads(self.network.peers[1, 0].run(
            "lifecycle", "chaincode", "checkcommitreadiness", "-C", fabric.CHANNEL, "-n", "ngo", "-v", "2", "--sequence", "2",
            "--signature-policy", "OR('Org1MSP.peer', 'Org2MSP.peer')", "-O", "json"))
        self.assertEqual(ready["approvals"], {"Org1MSP": True, "Org2MSP": True})
        self.belfry("chaincode", "commit", "ngo", "--network", "org1", "--network", "org2")
        self.assertEqual(self.evaluate("ngo", "get", "k"), "1\n")

        row, = self.as_json("chaincode", "list", "ngo")
        self.assertEqual((row["committed"]["sequence"], row["approved"]["version"], row["package_id"]), (2, "2", second))
        self.assertEqual(len(row["installed_on"]), 2)
        self.assertEqual(row["committed"]["policy"], "OR('Org1MSP.peer', 'Org2MSP.peer')")
        names = {it.get("name") for it in self.as_json("chaincode", "list")}
        self.assertLessEqual({"ngo", "events"}, names)

    def test_a_wrong_sequence_is_told_with_the_right_one(self):
        package_id = self.belfry("chaincode", "package", "other_1", "--address", "127.0.0.1:9")[0].strip()
        _, err = self.on("chaincode", "approve", "other", "--package-id", package_id, "--sequence", "3", code=1)
        self.assertIn("sequence must be 1: run belfry chaincode approve --sequence 1", err)

    def test_only_an_administrator_installs(self):
        certificate, key = self.network.user(1)
        _, err = self.on("chaincode", "install", "x_1", "--address", "127.0.0.1:9", "--cert", certificate, "--key", key, code=1)
        self.assertIn("an administrator of the peer's organization must do this", err)

    def test_private_data_travels_as_transient(self):
        (self.folder / "collections.yaml").write_text(COLLECTIONS)
        self.deploy("private", "--policy", "OR('Org1MSP.peer', 'Org2MSP.peer')", "--collections", "collections.yaml")
        # The peer's own tool sees them.
        theirs = self.network.peers[1, 0].run("lifecycle", "chaincode", "querycommitted", "-C", fabric.CHANNEL, "-n", "private", "-O",
                                              "json")
        self.assertEqual(json.loads(theirs)["collections"]["config"][0]["Payload"]["StaticCollectionConfig"]["name"], "secrets")
        done = self.submit("private", "putPrivate", "secrets", "key", "--transient", "value=hidden")
        self.assertEqual(done["code"], "VALID")
        self.assertNotIn("hidden", json.dumps(done))
        self.assertEqual(self.evaluate("private", "getPrivate", "secrets", "key"), "hidden\n")
        row, = self.as_json("chaincode", "list", "private")
        self.assertEqual(row["committed"]["collections"], "secrets")

    def test_the_packages_of_fabrics_own_tool_are_read(self):
        path = self.folder / "source"
        path.mkdir()
        (path / "package.json").write_text('{"name": "x"}')
        (path / "index.js").write_text("// nothing\n")
        theirs = self.folder / "theirs.tar.gz"
        self.network.peers[1, 0].run("lifecycle", "chaincode", "package", theirs, "--path", path, "--lang", "node", "--label", "x_1")
        out = self.belfry("chaincode", "package", "x_1", "--package", theirs)[0].strip()
        self.assertEqual(out, self.network.peers[1, 0].run("lifecycle", "chaincode", "calculatepackageid", theirs).strip().splitlines()[-1])
        # And ours by theirs.
        ours = self.folder / "ours.tar.gz"
        out = self.belfry("chaincode", "package", "x_1", "--path", path, "--out", ours)[0].strip()
        self.assertEqual(out, self.network.peers[1, 0].run("lifecycle", "chaincode", "calculatepackageid", ours).strip().splitlines()[-1])


class Channels(Fabric):
    def test_list_and_info(self):
        listed = self.as_json("channel", "list")
        self.assertEqual([it["channels"] for it in listed], [[fabric.CHANNEL]] * 2)
        info = self.as_json("channel", "info")
        theirs = json.loads(self.network.peers[1, 0].run("channel", "getinfo", "-c", fabric.CHANNEL).split("Blockchain info:")[1])
        self.assertEqual(info[0]["height"], theirs["height"])
        self.assertEqual(base64.b64encode(bytes.fromhex(info[0]["current_hash"])).decode(), theirs["currentBlockHash"])

    def test_fetched_blocks_are_those_of_the_peer_command(self):
        orderer = ["--orderer", f"127.0.0.1:{self.network.orderer_port}", "--orderer-ca", self.network.orderer_folder / "tls/ca.crt"]
        for position in ("oldest", "newest", "config", "2"):
            for source in ([], orderer):
                self.on("channel", "fetch", position, "ours.block", *source)
                where = self.network.orderer_flags() if source else []
                theirs = self.folder / "theirs.block"
                self.network.peers[1, 0].run("channel", "fetch", position, theirs, "-c", fabric.CHANNEL, *where)
                self.assertEqual((self.folder / "ours.block").read_bytes(), theirs.read_bytes(), (position, source))
        _, err = self.on("channel", "fetch", "99999", "x.block", code=1)
        self.assertIn("does not exist there", err)

    def test_config_tells_who_is_in_the_channel(self):
        config = self.as_json("channel", "config")
        self.assertEqual([it["msp"] for it in config["organizations"]], ["Org1MSP", "Org2MSP"])
        self.assertEqual(config["consensus"], "etcdraft")
        self.assertEqual(config["orderers"][0]["endpoints"], [f"127.0.0.1:{self.network.orderer_port}"])

    def test_a_peer_joins_and_joins_once(self):
        peer = self.network.peers[2, 1]
        if not peer.process:
            peer.start()
        flags = ["--peer", peer.address, "--tls-ca", peer.tls_ca, "--msp", "Org2MSP", "--identity", self.network.admin(2)]
        out, _ = self.belfry("channel", "join", "--block", self.network.folder / "genesis.block", *flags)
        self.assertIn(fabric.CHANNEL, out)
        self.assertIn(fabric.CHANNEL, peer.run("channel", "list"))
        out, _ = self.belfry("channel", "join", "--block", self.network.folder / "genesis.block", *flags)
        self.assertIn("already", out)

    def test_an_update_made_by_configtxlator_is_signed_and_sent(self):
        update = self.network.anchor_update(1, self.folder)
        before = self.as_json("channel", "config")["sequence"]
        _, err = self.on("channel", "update", update, "--cert", self.network.user(1)[0], "--key", self.network.user(1)[1], code=1)
        self.assertIn("not satisfied", err)
        self.on("channel", "update", update)
        self.wait_for_sequence(before + 1)
        anchors = self.as_json("channel", "config")["organizations"][0]["anchor_peers"]
        self.assertEqual(anchors, ["peer0.org1.example.com:7051"])

    def wait_for_sequence(self, sequence):
        def reached():
            if self.as_json("channel", "config")["sequence"] < sequence:
                raise RuntimeError("not yet")

        fabric.retry(reached)

    def test_the_orderers_administration(self):
        flags = self.network.orderer_admin_flags()
        listed = json.loads(self.belfry("channel", "list", *flags, "--output", "json")[0])
        self.assertEqual(listed[0]["channels"], [fabric.CHANNEL])
        _, err = self.belfry("channel", "join", "--block", self.network.folder / "genesis.block", *flags, code=1)
        self.assertIn("channel already exists", err)


if __name__ == "__main__":
    if not fabric.available():
        print("skipped: FABRIC_BIN and FABRIC_CFG_PATH name no Fabric programs")
        sys.exit(77)
    if "--devnet" in sys.argv:
        sys.argv.remove("--devnet")
    print(f"Fabric {fabric.version()}", flush=True)
    main()
