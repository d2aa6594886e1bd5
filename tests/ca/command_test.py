"""`belfry ca` as a user runs it, against `belfry ca serve`."""
import stat
import subprocess
import unittest

import support
from support import BELFRY, SECRET


class CommandTest(support.CaTest):
    def test_the_way_of_an_identity(self):
        self.enroll_admin()
        secret = self.ca("register", "alice", "--affiliation", "org1.department1", "--attr", "role=auditor:ecert").strip()
        self.assertRegex(secret, "^[A-Za-z]{12}$")
        self.ca("enroll", "alice", "--msp", "alice/msp", "--node-ous", "--cert", "alice.pem", "--key", "alice.key", secret=secret)
        msp = self.folder / "alice/msp"
        self.assertIn("BEGIN CERTIFICATE", (msp / "signcerts/cert.pem").read_text())
        self.assertEqual((msp / "signcerts/cert.pem").read_text(), (self.folder / "alice.pem").read_text())
        [key] = (msp / "keystore").iterdir()
        self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE((self.folder / "alice.key").stat().st_mode), 0o600)
        [authority] = (msp / "cacerts").iterdir()
        self.assertEqual(authority.read_text(), (self.folder / "ca/ca-cert.pem").read_text())
        self.assertIn("OrganizationalUnitIdentifier: peer", (msp / "config.yaml").read_text())

        before = (msp / "signcerts/cert.pem").read_text()
        self.ca("reenroll", "--as", "alice/msp")
        self.assertNotEqual((msp / "signcerts/cert.pem").read_text(), before)
        self.assertEqual(len(list((msp / "keystore").iterdir())), 1)

        self.assertEqual(len(self.ca_json("revoke", "alice", "--reason", "superseded", "--crl", "crl.pem")), 2)
        self.assertIn("BEGIN X509 CRL", (self.folder / "crl.pem").read_text())
        self.assertIn("BEGIN X509 CRL", self.ca("crl"))
        code, _, err = self.run_ca("reenroll", "--as", "alice/msp")
        self.assertEqual(code, 1)
        self.assertIn("code 20", err)

    def test_straight_into_secrets(self):
        self.enroll_admin()
        secret = self.ca("register", "listener").strip()
        self.ca("enroll", "listener", "--secrets", "dev/fabricOrgs/org1/listener", "--data", "belfry-data", secret=secret)
        for name, mark in (("signcert", "BEGIN CERTIFICATE"), ("pk", "BEGIN PRIVATE KEY")):
            done = subprocess.run([BELFRY, "secret", "get", f"dev/fabricOrgs/org1/listener/{name}", "--data", "belfry-data"],
                                  cwd=self.folder, capture_output=True, text=True, timeout=180)
            self.assertIn(mark, done.stdout, done.stderr)

    def test_identities_and_affiliations(self):
        self.enroll_admin()
        self.ca("register", "bob", "--type", "peer", "--secret", "bobpw")
        self.assertEqual([it["id"] for it in self.ca_json("identities", "list")], ["admin", "bob"])
        self.ca("identities", "modify", "bob", "--secret", "newpw", "--type", "client")
        self.assertEqual(self.ca_json("identities", "show", "bob")["type"], "client")
        self.ca("enroll", "bob", "--msp", "bob", secret="newpw")
        self.ca("identities", "remove", "bob")
        self.ca("affiliations", "add", "org3.sales", "--force")
        self.ca("affiliations", "rename", "org3.sales", "org3.trade")
        self.assertIn("org3.trade", self.ca("affiliations", "list"))
        self.ca("affiliations", "remove", "org3", "--force")
        self.assertNotIn("org3", self.ca("affiliations", "list"))
        self.assertEqual(self.ca_json("info")["CAName"], "")

    def test_refusals_say_what_to_do(self):
        for arguments, words in (
            (("enroll", "admin", "--msp", "x"), "the name or the secret is wrong"),
            (("enroll", "admin"), "say where the certificate and its key go"),
            (("register", "x", "--as", "nowhere"), "belfry ca enroll admin --msp nowhere"),
            (("info", "--url", "https://localhost:1"), "belfry ca serve"),
            (("info", "--ca-name", "nope"), "CA 'nope' does not exist"),
        ):
            code, _, err = self.run_ca(*arguments, secret="wrong")
            self.assertNotEqual(code, 0)
            self.assertIn(words, err)
        self.enroll_admin()
        self.ca("register", "twice")
        self.assertIn("identities modify", self.run_ca("register", "twice")[2])

    def test_what_was_answered_survives_a_kill(self):
        self.enroll_admin()
        secret = self.ca("register", "carol").strip()
        self.ca("enroll", "carol", "--msp", "carol", secret=secret)
        root = (self.folder / "ca/ca-cert.pem").read_text()
        self.stop(kill=True)
        text = b"".join(it.read_bytes() for it in (self.folder / "ca").iterdir() if it.is_file())
        for word in (secret.encode(), SECRET.encode(), b"BEGIN PRIVATE KEY"):
            self.assertNotIn(word, text)
        self.start()
        self.assertEqual((self.folder / "ca/ca-cert.pem").read_text(), root)
        self.ca("enroll", "carol", "--msp", "carol", secret=secret)
        self.ca("reenroll", "--as", "carol")
        self.assertEqual([it["id"] for it in self.ca_json("identities", "list")], ["admin", "carol"])


if __name__ == "__main__":
    unittest.main()
