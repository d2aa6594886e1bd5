"""The real programs: fabric-ca-client against our CA, `belfry ca` against a real fabric-ca-server. FABRIC_BIN names their folder."""
import os
import pathlib
import socket
import subprocess
import sys
import unittest

import support
from support import SECRET

BIN = pathlib.Path(os.environ.get("FABRIC_BIN", "/nonexistent"))
CLIENT, SERVER = BIN / "fabric-ca-client", BIN / "fabric-ca-server"


class RealClientTest(support.CaTest):
    """fabric-ca-client's own commands, on ours."""

    def client(self, home, *arguments, fails=False):
        done = subprocess.run([CLIENT, *arguments, "--home", home], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "FABRIC_CA_CLIENT_TLS_CERTFILES": str(self.folder / "ca/ca-cert.pem")})
        self.assertEqual(done.returncode != 0, fails, done.stderr)
        return done.stdout + done.stderr

    def test_its_commands(self):
        url = f"localhost:{self.port}"
        self.client("admin", "enroll", "-u", f"https://admin:{SECRET}@{url}")
        self.assertTrue((self.folder / "admin/msp/signcerts/cert.pem").exists())
        self.client("admin", "getcainfo", "-u", f"https://{url}")
        out = self.client("admin", "register", "--id.name", "alice", "--id.secret", "alicepw", "--id.affiliation", "org1",
                          "--id.attrs", "role=auditor:ecert", "-u", f"https://{url}")
        self.assertIn("Password: alicepw", out)
        self.client("alice", "enroll", "-u", f"https://alice:alicepw@{url}", "--csr.hosts", "a.example.com", "--enrollment.profile", "tls")
        self.client("alice", "reenroll", "-u", f"https://{url}")
        self.assertIn("code: 20", self.client("x", "enroll", "-u", f"https://alice:wrong@{url}", fails=True).lower())
        self.assertIn("alice", self.client("admin", "identity", "list", "-u", f"https://{url}"))
        self.client("admin", "identity", "modify", "alice", "--type", "peer", "-u", f"https://{url}")
        self.client("admin", "affiliation", "add", "org9", "-u", f"https://{url}")
        self.assertIn("org9", self.client("admin", "affiliation", "list", "-u", f"https://{url}"))
        self.assertIn("alice", self.client("admin", "certificate", "list", "--id", "alice", "-u", f"https://{url}"))
        self.client("admin", "revoke", "-e", "alice", "--gencrl", "-u", f"https://{url}")
        self.assertTrue((self.folder / "admin/msp/crls/crl.pem").exists())
        self.client("admin", "gencrl", "-u", f"https://{url}")
        self.client("alice", "reenroll", "-u", f"https://{url}", fails=True)
        self.client("admin", "identity", "remove", "alice", "-u", f"https://{url}")


class RealServerTest(support.CaTest):
    """`belfry ca`, on a real server."""

    def start(self, port=0):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            operations = free.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        self.server = subprocess.Popen(
            [SERVER, "start", "-b", f"admin:{SECRET}", "--home", "ca", "--port", str(self.port), "--address", "127.0.0.1",
             "--tls.enabled", "--csr.hosts", "localhost", "--cfg.identities.allowremove", "--cfg.affiliations.allowremove",
             "--operations.listenaddress", f"127.0.0.1:{operations}", "-n", "ca-org1"],
            cwd=self.folder, stderr=subprocess.PIPE, text=True)
        for line in self.server.stderr:
            if "Listening on https" in line:
                return
        self.fail("fabric-ca-server did not start")

    def test_our_command(self):
        self.assertEqual(self.ca_json("info")["CAName"], "ca-org1")
        self.enroll_admin()
        secret = self.ca("register", "alice", "--affiliation", "org1.department1", "--attr", "role=auditor:ecert",
                         "--ca-name", "ca-org1").strip()
        self.ca("enroll", "alice", "--msp", "alice", "--profile", "tls", "--host", "a.example.com", "--attr", "role", secret=secret)
        self.ca("reenroll", "--as", "alice")
        self.assertEqual([it["id"] for it in self.ca_json("identities", "list")], ["admin", "alice"])
        self.ca("identities", "modify", "alice", "--max-enrollments", "5")
        self.ca("affiliations", "add", "org9.a", "--force")
        self.assertIn("org9.a", self.ca("affiliations", "list"))
        self.assertIn("code 74", self.run_ca("register", "alice")[2])
        self.assertGreaterEqual(len(self.ca_json("revoke", "alice", "--crl", "crl.pem")), 2)
        self.assertIn("BEGIN X509 CRL", self.ca("crl"))
        self.ca("identities", "remove", "alice")


if __name__ == "__main__":
    if not (CLIENT.exists() and SERVER.exists()):
        print("skipped: FABRIC_BIN names no folder with fabric-ca-client and fabric-ca-server")
        sys.exit(77)
    unittest.main()
