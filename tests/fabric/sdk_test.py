#!/usr/bin/env python3
"""The chaincode SDK under real peers: its probe, and the donation application in its two versions, as services with and
without TLS and started by the peer itself. PROBE, NGO1 and NGO2 name the programs, BELFRY the command; skipped (77) without
FABRIC_BIN and FABRIC_CFG_PATH."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import signal
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cli")]
import network as fabric  # noqa: E402
import services  # noqa: E402
from network import archive, retry  # noqa: E402
from support import PROJECT, CliTest  # noqa: E402

COLLECTIONS = [{"name": name, "policy": f"OR({', '.join(repr(org + '.member') for org in orgs)})", "requiredPeerCount": 0,
                "maxPeerCount": 1, "blockToLive": 0, "memberOnlyRead": True}
               for name, orgs in (("donors", ("Org1MSP", "Org2MSP")), ("org1only", ("Org1MSP",)))]


class SdkTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory(prefix="belfry-sdk-")
        cls.addClassCleanup(place.cleanup)
        cls.network = services.Network(place.name)
        cls.addClassCleanup(cls.network.down)
        builders = [{"name": name, "path": str(HERE / name)} for name in ("builder", "launcher")]
        for peer in cls.network.peers.values():
            environment = peer.environment
            peer.environment = lambda environment=environment: {
                **environment(), "CORE_CHAINCODE_EXTERNALBUILDERS": json.dumps(
                    [{**one, "propagateEnvironment": ["PROBE"]} for one in builders])}
        cls.network.up()

    def refused(self, words, action, *arguments, **more):
        with self.assertRaises(RuntimeError) as caught:
            action(*arguments, **more)
        self.assertIn(words, str(caught.exception))


class Probe(SdkTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        collections = cls.network.folder / "collections.json"
        collections.write_text(json.dumps(COLLECTIONS))
        cls.service = cls.network.serve("probe", os.environ["PROBE"], tls=True, more=["--collections-config", collections])
        retry(lambda: cls.network.submit("probe", "put", "is ready", "yes"))
        cls.network.submit("probe", "putMany", "r", "250")

    def query(self, *arguments, **more):
        return self.network.query("probe", *arguments, **more)

    def submit(self, *arguments, **more):
        return self.network.submit("probe", *arguments, **more)

    def test_state(self):
        self.submit("put", "k", "v")
        self.assertEqual(self.query("get", "k"), "v")
        self.assertEqual(self.query("get", "k", peer=(2, 0)) if self.caught_up() else "", "v")
        self.assertIn('payload:"v"', self.submit("readOwnWrite", "k", "w"))
        self.assertEqual(self.query("get", "k"), "w")
        self.submit("del", "k")
        self.assertEqual(self.query("get", "k"), "")
        self.assertEqual(json.loads(self.query("getMany", json.dumps(["r00000", "none", "r00249"]))), ["v0", "(none)", "v249"])

    def caught_up(self):
        retry(lambda: self.network.peers[1, 0].height() == self.network.peers[2, 0].height() or fabric.fail())
        return True

    def test_many_writes(self):
        self.submit("putMany", "many", "2500")  # more than one batch on 3.1
        keys = [one["key"] for one in json.loads(self.query("range", "many", "manz"))]
        self.assertEqual(keys, [f"many{number:05}" for number in range(2500)])

    def test_ranges_and_pages(self):
        keys = [f"r{number:05}" for number in range(250)]
        self.assertEqual([one["key"] for one in json.loads(self.query("range", "r", "s"))], keys)
        self.assertEqual(self.query("firstOfRange", "r", ""), keys[0])
        self.assertEqual(self.query("range", "s0", "s1"), "[]")
        seen, bookmark = [], ""
        while True:
            page = json.loads(self.query("rangePage", "r", "s", "60", bookmark))
            seen += page["keys"]
            bookmark = page["bookmark"]
            if not bookmark:
                break
        self.assertEqual(seen, keys)
        self.refused("paginated query. Writes are not allowed", self.submit, "rangePageThenWrite", "r", "s", "5", "x")
        self.assertIn('payload:"3"', self.submit("writeThenRange", "x", "r", "r00003"))

    def test_composite_keys(self):
        self.submit("compositeKey", "pair", "a", "b")
        self.submit("compositeKey", "pair", "a", "c")
        self.submit("compositeKey", "pair", "other", "c")
        self.assertEqual([one["attributes"] for one in json.loads(self.query("compositeRange", "pair", "a"))], [["a", "b"], ["a", "c"]])

    def test_history(self):
        for _ in range(3):
            self.submit("bump", "n")
        self.submit("del", "n")
        self.assertEqual([(one["isDelete"], one["value"]) for one in json.loads(self.query("history", "n"))],
                         [(True, ""), (False, "3"), (False, "2"), (False, "1")])

    def test_private_data(self):
        secret = {"value": "c2VjcmV0"}
        self.submit("putPrivate", "donors", "p1", transient=secret)
        self.submit("putPrivate", "org1only", "p1", transient=secret)
        self.assertEqual(self.query("getPrivate", "donors", "p1"), "secret")
        self.assertEqual(self.query("getPrivateHash", "donors", "p1"), hashlib.sha256(b"secret").hexdigest())
        self.assertEqual(json.loads(self.query("rangePrivate", "donors", "p", "q")), ["p1"])
        self.assertTrue(self.caught_up())
        self.assertEqual(self.query("getPrivateHash", "org1only", "p1", peer=(2, 0)), hashlib.sha256(b"secret").hexdigest())
        self.refused("does not have read access permission", self.query, "getPrivate", "org1only", "p1", peer=(2, 0))
        self.refused("could not be found", self.query, "getPrivate", "nosuch", "p1")
        self.refused("transient value is missing", self.submit, "putPrivate", "donors", "p2")
        self.submit("delPrivate", "donors", "p1")
        self.assertEqual(self.query("getPrivate", "donors", "p1"), "")
        self.submit("purgePrivate", "org1only", "p1")
        self.assertEqual(self.query("getPrivateHash", "org1only", "p1"), "")

    def test_key_level_endorsement(self):
        self.submit("put", "guarded", "v")
        self.assertEqual(self.query("getPolicy", "guarded"), "[]")
        self.submit("setPolicy", "guarded", "Org2MSP")
        self.assertEqual(self.query("getPolicy", "guarded"), '["Org2MSP"]')
        self.refused("ENDORSEMENT_POLICY_FAILURE", self.submit, "put", "guarded", "w")
        self.assertTrue(self.caught_up())
        self.submit("put", "guarded", "x", peer=(2, 0))

    def test_identity(self):
        who = json.loads(self.query("who"))
        self.assertEqual((who["msp"], who["common_name"], who["units"], who["channel"], who["function"]),
                         ("Org1MSP", "Admin@org1.example.com", ["admin"], fabric.CHANNEL, "who"))
        self.assertEqual(len(who["transaction"]), 64)
        self.assertIn("x509::CN=Admin@org1.example.com,OU=admin", who["id"])
        self.assertEqual(json.loads(self.query("who", peer=(2, 0)))["msp"], "Org2MSP")

    def test_errors(self):
        self.refused("went wrong", self.query, "fail", "went wrong")
        self.refused("status:404", self.submit, "status", "404", "not here", "")
        self.refused("spilt", self.query, "throw", "spilt")
        self.refused("contract probe has no function nofunction", self.query, "nofunction")
        self.refused("ExecuteQuery not supported for leveldb", self.query, "rich", '{"selector":{}}')
        self.refused("exists", self.query, "callOther", "probe", "", "get", "k")
        self.refused("chaincode nosuch not found", self.query, "callOther", "nosuch", "", "x")

    def test_metadata(self):
        metadata = json.loads(self.query("org.hyperledger.fabric:GetMetadata"))
        names = [one["name"] for one in metadata["contracts"]["probe"]["transactions"]]
        self.assertIn("readOwnWrite", names)

    def test_many_at_once(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            asked = [("sleep", "200") if number % 2 else ("get", f"r{number:05}") for number in range(16)]
            answers = list(pool.map(lambda one: self.query(*one), asked))
        self.assertEqual(answers, ["slept" if number % 2 else f"v{number}" for number in range(16)])

    def test_a_crash_ends_its_transaction_and_the_service_comes_back(self):
        self.refused("chaincode stream terminated", self.query, "crash", "x")
        self.service.process.wait()
        self.refused("could not launch chaincode", self.query, "get", "r00001")
        self.service.start()
        retry(lambda: self.assertEqual(self.query("get", "r00001"), "v1"))
        self.assertEqual(self.query("get", "x"), "")

    def test_a_stopped_service_is_missed_at_once(self):
        self.service.stop()
        self.refused("could not launch chaincode", self.query, "get", "r00001")
        self.service.start()
        retry(lambda: self.assertEqual(self.query("get", "r00001"), "v1"))

    def test_the_peer_starts_it_itself(self):
        inner = archive({"program": os.environ["PROBE"].encode()})
        package = archive({"metadata.json": b'{"type":"program","label":"own_1"}', "code.tar.gz": inner})
        for _ in self.network.define("own", "1", 1, package):
            pass
        retry(lambda: self.network.submit("own", "put", "k", "v"))
        self.assertEqual(self.network.query("own", "get", "k"), "v")
        self.assertEqual(json.loads(self.query("callOther", "own", "", "get", "k")), {"status": 200, "message": "", "payload": "v"})
        self.assertEqual(json.loads(self.query("callOther", "own", "", "fail", "inner"))["message"], "inner")


class Ngo(SdkTest, CliTest):
    """The story of examples/ngo/README.md: the first version, the listener, the upgrade, the text message."""

    def submit(self, function, **record):
        return self.network.submit("ngo", function, json.dumps(record))

    def query(self, function, **argument):
        return json.loads(self.network.query("ngo", function, json.dumps(argument)))

    def donate(self, number, amount):
        self.submit("createDonation", donationId=number, donationAmount=amount, donationDate="2018-09-20T12:41:59.582Z",
                    donorUserName="edge", ngoRegistrationNumber="6322")

    def listen(self):
        """The example's own belfry.yaml, with the listener's key and certificate in secrets."""
        peer = self.network.peers[1, 0]
        settings = {"PEER": peer.address, "TLS_CA": str(peer.tls_ca)}
        os.environ.update(settings)
        self.addCleanup(lambda: [os.environ.pop(name) for name in settings])
        (self.folder / "belfry.yaml").write_text((PROJECT / "examples/ngo/belfry.yaml").read_text())
        certificate, key = self.network.user(1)
        for name, path in (("pk", key), ("signcert", certificate)):
            self.belfry("secret", "put", f"dev/fabricOrgs/org1/eventListenerUser/{name}", "--file", path)
        return self.start()

    def messages(self):
        out, _ = self.belfry("outbox", "--output", "json")
        return sorted((it["to"], it["text"]) for it in map(json.loads, out.splitlines()))

    def test_the_story(self):
        self.network.serve("ngo", os.environ["NGO1"])
        retry(lambda: self.submit("createDonor", donorUserName="edge", email="edge@def.com"))
        self.submit("createNGO", ngoRegistrationNumber="6322", ngoName="Pets In Need")
        self.donate("1", 100)
        self.donate("2", "10")
        self.submit("createSpend", spendId="2", spendAmount=50, spendDescription="hay", ngoRegistrationNumber="6322")
        self.submit("createRating", ngoRegistrationNumber="6322", donorUserName="edge", rating=4)
        running = self.listen()

        self.network.serve("ngo", os.environ["NGO2"], version="2", sequence=2)
        # The same ledger, under the new version.
        retry(lambda: self.assertEqual(len(self.query("queryAllDonations")), 2))
        self.assertEqual(self.query("queryDonor", donorUserName="edge")["email"], "edge@def.com")
        self.assertEqual([one["Key"] for one in self.query("queryAllNGOs")], ["ngo6322"])
        allocations = self.query("querySpendAllocationForSpend", spendId="2")
        self.assertEqual(sorted(one["Record"]["spendAllocationAmount"] for one in allocations), [10, 40])
        self.assertEqual(self.query("queryRatingsForNGO", ngoRegistrationNumber="6322")[0]["Record"]["rating"], 4)
        history = self.query("queryHistoryForKey", docType="donation", key="1")
        self.assertEqual([one["Record"]["donationAmount"] for one in history], [100])
        self.refused("NGO 6322 has 60 left to spend, not 61", self.submit, "createSpend", spendId="3", spendAmount=61,
                     ngoRegistrationNumber="6322")
        self.refused("donation1 exists already", self.donate, "1", 1)

        retry(lambda: self.donate("9999", "100"))
        first = ("+15555550100", "edge just donated $100!")
        running.wait(lambda it: it["providers"][0]["sent"] >= 1, "the text message")
        self.assertEqual(self.messages(), [first])
        running.stop(signal.SIGKILL)
        self.donate("10000", 2500.5)
        running = self.start()
        running.wait(lambda it: it["providers"][0]["sent"] >= 2, "the second donation's two messages")
        running.stop()
        self.assertEqual(self.messages(), [first, ("+15555550100", "edge just donated $2500.5!"),
                                           ("+15555550101", "edge just donated $2500.5!")])


if __name__ == "__main__":
    if not fabric.available():
        print("skipped: FABRIC_BIN and FABRIC_CFG_PATH name no Fabric programs")
        sys.exit(77)
    print(f"Fabric {fabric.version()}", flush=True)
    unittest.main(verbosity=2)
