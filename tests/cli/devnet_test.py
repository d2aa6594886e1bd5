#!/usr/bin/env python3
"""`belfry devnet` as its users run it, and what `belfry tx`, `chaincode` and `channel` say there when something is wrong: each
refusal in Fabric's words, with the next step to take. BELFRY and CHAINCODE name the programs."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from support import PROGRAM, main

CHAINCODE = os.environ["CHAINCODE"]


class Network:
    """`belfry devnet` in a folder that is kept."""

    def __init__(self, folder, *flags):
        self.process = subprocess.Popen([PROGRAM, "devnet", "--data", folder, "--ports", "free", "--json", *flags],
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the devnet did not start")
        self.shape = json.loads(line)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        self.process.stdout.close()

    def children(self):
        """The programs that it runs."""
        of = []
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                if int(stat.read_text().rpartition(")")[2].split()[1]) == self.process.pid:
                    of.append(os.readlink(stat.parent / "exe"))
            except OSError:
                pass  # it has ended
        return of

    def wait_for_children(self, count):
        end = time.monotonic() + 60
        while (children := self.children()) != [os.path.realpath(CHAINCODE)] * count:
            if time.monotonic() > end:
                raise AssertionError(f"it runs {children}")
            time.sleep(0.05)


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory(prefix="belfry-cli-devnet-")
        cls.addClassCleanup(place.cleanup)
        cls.place = pathlib.Path(place.name)
        cls.folder = cls.place / "net"

    def belfry(self, *words, code=0):
        done = subprocess.run([PROGRAM, *map(str, words)], cwd=self.place, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, f"belfry {' '.join(map(str, words))}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stdout, done.stderr

    def refused(self, *words, code=1, says):
        """Fails as it should, with all of these on standard error."""
        _, err = self.belfry(*words, code=code)
        self.assertTrue(err.startswith("belfry: "), err)
        for part in says:
            self.assertIn(part, err)


class Settings(Commands):
    """What it cannot start with."""

    def devnet(self, *flags, code=1, says):
        self.refused("devnet", *flags, code=code, says=says)

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            try:
                taken.bind(("127.0.0.1", 7051))
                taken.listen()
            except OSError:
                pass  # somebody else has it, which is as good
            self.devnet("--ephemeral", says=["cannot listen", "--ports free"])

    def test_flags_that_make_no_sense(self):
        for flags, says in ((["--orgs", "a b"], "letters, digits"), (["--orgs", "A,a"], "twice"), (["--orgs", "0"], "no organisation"),
                            (["--orgs", "1000"], "at most"), (["--batch-timeout", "soon"], "300ms"), (["--fault", "soon"], "drop=0.1"),
                            (["--chaincode", "=x"], "NAME=PATH"), (["--chaincode-per-org"], "--chaincode"),
                            (["--for-1-4", "--chaincode-per-org", "--chaincode", f"x={CHAINCODE}"], "lscc")):
            with self.subTest(flags):
                self.devnet("--ephemeral", "--ports", "free", *flags, code=2, says=[says])

    def test_a_chaincode_that_is_none(self):
        (self.place / "empty").mkdir(exist_ok=True)
        (self.place / "text").write_text("no program")
        for what, says in (("nosuch", "neither HOST:PORT nor a file"), ("empty", "no package.json"), ("text", "chmod +x")):
            with self.subTest(what):
                self.devnet("--ephemeral", "--ports", "free", "--chaincode", f"x={what}", says=[says])

    def test_a_folder_that_is_none_or_in_use_or_anothers(self):
        self.devnet("--data", "/dev/null", "--ports", "free", says=["cannot make /dev/null"])
        network = Network(self.folder)
        self.addCleanup(network.stop)
        self.devnet("--data", self.folder, "--ports", "free", says=["is in use by another belfry", "--data"])
        network.stop()
        self.devnet("--data", self.folder, "--ports", "free", "--orgs", "Buyer,Seller",
                    says=["holds a network of other organisations", "org1.example.com, org2.example.com"])
        self.devnet("--data", self.folder, "--ports", "free", "--orgs", "1", says=["name org2.example.com as well"])
        self.devnet("--data", self.folder, "--ports", "free", "--for-1-4", says=["channel mychannel", "take another folder"])
        more = Network(self.folder, "--orgs", "3")  # which may join the channel by an update of its configuration
        self.addCleanup(more.stop)
        self.assertEqual(len(more.shape["peers"]), 3)


class Refusals(Commands):
    """What the commands say on a network where something is wrong."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.network = Network(cls.folder, "--chaincode", f"probe={CHAINCODE}")
        cls.addClassCleanup(cls.network.stop)
        cls.own = ["--profile", cls.folder / "connection-org1.example.com.json"]
        cls.all = ["--profile", cls.folder / "connection.json", "--all-orgs"]
        peer = cls.network.shape["peers"][0]
        cls.org1 = cls.folder / "peerOrganizations/org1.example.com"
        cls.org2 = cls.folder / "peerOrganizations/org2.example.com"
        cls.peer = ["--peer", peer["address"], "--tls-ca", cls.org1 / "peers" / peer["name"] / "tls/ca.crt", "--channel", "mychannel"]

    def test_sequences(self):
        self.refused("chaincode", "approve", "probe", "--sequence", "5", *self.own, says=["sequence must be 2: run belfry chaincode approve"])
        self.refused("chaincode", "commit", "probe", "--sequence", "5", *self.own,
                     says=["has not approved probe with sequence 5", "run belfry chaincode approve probe --sequence 5"])
        self.refused("chaincode", "approve", "probe", "--sequence", "1", "--version", "9", *self.own,
                     says=["attempted to redefine the current committed sequence (1)", "--sequence auto"])
        self.refused("chaincode", "commit", "probe", "--sequence", "1", *self.own, says=["sequence must be 2"])

    def test_an_approval_is_missing(self):
        self.refused("chaincode", "commit", "nobodys", *self.own,
                     says=["has not approved nobodys", "run belfry chaincode approve nobodys"])
        self.belfry("chaincode", "approve", "half", *self.own)
        self.refused("chaincode", "commit", "half", *self.own,
                     says=["ENDORSEMENT_POLICY_FAILURE", "not yet by Org2MSP: run belfry chaincode approve half --sequence 1"])

    def test_the_package_is_not_installed(self):
        missing = "missing_1:" + "0" * 64
        self.belfry("chaincode", "approve", "missing", "--package-id", missing, *self.all)
        self.belfry("chaincode", "commit", "missing", *self.all)
        self.refused("tx", "submit", "missing", "f", *self.own, says=["is it installed on a peer"])
        self.refused("tx", "evaluate", "missing", "f", *self.own, says=["no peers available to evaluate chaincode missing", "belfry chaincode list"])

    def test_unknown_names(self):
        self.refused("tx", "submit", "nosuch", "f", *self.own, says=["nosuch", "belfry chaincode list"])
        self.refused("tx", "evaluate", "nosuch", "f", *self.own, says=["nosuch", "belfry chaincode list"])
        for command in (["tx", "evaluate", "probe", "get", "k"], ["chaincode", "list"], ["channel", "info"]):
            self.refused(*command, "--channel", "nosuch", *self.own, says=["nosuch", "belfry channel list"])
        self.refused("tx", "submit", "probe", "put", "k", "v", "--endorsers", "Org9MSP", *self.own, says=["Org9MSP", "--endorsers"])
        self.refused("tx", "evaluate", "probe", "get", "k", "--user", "Nobody", *self.own, code=2, says=["Nobody"])
        self.refused("tx", "evaluate", "probe", "get", "k", "--network", "nosuch", code=2, says=["--profile"])

    def test_wrong_identities(self):
        user = self.org1 / "users/User1@org1.example.com/msp"
        call = ["tx", "evaluate", "probe", "get", "k"]
        self.refused(*call, *self.peer, "--msp", "Org2MSP", "--identity", user, says=["access denied", "--msp"])
        self.refused(*call, *self.peer, "--msp", "Org9MSP", "--identity", user, says=["creator org unknown", "--msp"])
        self.refused(*call, *self.peer, "--msp", "Org1MSP", "--identity", self.place, code=2, says=["is no MSP folder", "signcerts"])
        mixed = self.place / "mixed"
        shutil.copytree(user, mixed)
        shutil.rmtree(mixed / "keystore")
        shutil.copytree(self.org2 / "users/User1@org2.example.com/msp/keystore", mixed / "keystore")
        self.refused(*call, *self.peer, "--msp", "Org1MSP", "--identity", mixed, code=2, says=["key"])
        self.refused("chaincode", "install", "x_1", "--address", "127.0.0.1:9", *self.peer, "--msp", "Org1MSP", "--identity", user,
                     says=["an administrator of the peer's organization must do this"])

    def test_a_certificate_that_has_expired(self):
        expired = self.place / "expired"
        shutil.copytree(self.org1 / "users/User1@org1.example.com/msp", expired)
        key = next((expired / "keystore").iterdir())
        certificate = next((expired / "signcerts").iterdir())
        ca = self.org1 / "ca"
        ca_key = next(path for path in ca.iterdir() if "PRIVATE KEY" in path.read_text())
        ca_certificate = next(path for path in ca.iterdir() if "CERTIFICATE" in path.read_text())
        request = self.place / "request.pem"
        subprocess.run(["openssl", "req", "-new", "-key", key, "-subj", "/OU=client/CN=late", "-out", request], check=True)
        subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", ca_certificate, "-CAkey", ca_key, "-days", "-1", "-set_serial", "7",
                        "-out", certificate], check=True, capture_output=True)
        self.refused("tx", "evaluate", "probe", "get", "k", *self.peer, "--msp", "Org1MSP", "--identity", expired, code=2, says=["expired"])

    def test_nobody_is_there(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{closed.getsockname()[1]}"
            user = self.org1 / "users/User1@org1.example.com/msp"
            self.refused("tx", "evaluate", "probe", "get", "k", "--peer", address, *self.peer[2:], "--msp", "Org1MSP", "--identity", user,
                         says=[address, "is the peer running"])


class Processes(Commands):
    def test_each_organisation_may_have_its_own(self):
        flags = ["--chaincode", f"probe={CHAINCODE}"]
        call = ["tx", "submit", "probe", "put", "k", "v", "--profile", self.folder / "connection.json"]
        for more in (["--chaincode-per-org"], []):  # as it was approved once, it is run again
            network = Network(self.folder, *flags, *more)
            self.addCleanup(network.stop)
            network.wait_for_children(2)
            self.belfry(*call)
            network.stop()
        self.assertTrue((self.folder / "logs/probe.Org1MSP.log").exists())

    def test_one_serves_all_otherwise(self):
        network = Network(self.place / "shared", "--chaincode", f"probe={CHAINCODE}")
        self.addCleanup(network.stop)
        self.belfry("tx", "submit", "probe", "put", "k", "v", "--profile", self.place / "shared/connection.json")
        network.wait_for_children(1)


if __name__ == "__main__":
    main()
