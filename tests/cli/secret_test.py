#!/usr/bin/env python3
"""`belfry secret` on a stopped and a running belfry; an identity and a password that come from secrets."""
import json
import os
import pathlib
import subprocess

from support import PROGRAM, CliTest, main

PEER = """\
networks:
  charity:
    channel: {channel}
    msp: Org1MSP
    peers: [{{address: "{address}", tls_ca: credentials/tlsca.pem, name: peer0.org1.example.com}}]
    identity: {{secret: dev/fabricOrgs/org1/listener}}
listeners:
  all: {{network: charity, match: {{chaincode: ngo, event: donationCreated}}, to: queue:donations}}
queues: {{donations: {{}}}}
aws: {{address: "127.0.0.1:0"}}
"""


LISTENER = "dev/fabricOrgs/org1/listener"


class Secrets(CliTest):
    peer = None

    def put(self, name, value, *more):
        done = subprocess.run([PROGRAM, "secret", "put", name, *more], cwd=self.folder, input=value, capture_output=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode(), done.stderr.decode()

    def data(self):
        return pathlib.Path(self.folder, "belfry-data")

    def ordinary_day(self):
        self.assertIn("made sms/password", self.put("sms/password", b"sesame-one\n", "--description", "the centre's")[0])
        self.assertIn("changed sms/password", self.put("sms/password", b"sesame-two\n")[0])
        self.assertEqual(self.belfry("secret", "get", "sms/password")[0], "sesame-two")
        self.assertEqual(self.belfry("secret", "get", "sms/password", "--stage", "AWSPREVIOUS")[0], "sesame-one")
        listed = self.belfry("secret", "list", "--output", "json")[0]
        self.assertIn("sms/password", listed)
        self.assertNotIn("sesame", listed)
        described = json.loads(self.belfry("secret", "describe", "sms/password", "--output", "json")[0])
        self.assertEqual(described["Description"], "the centre's")
        self.belfry("secret", "delete", "sms/password", "--days", "7")
        self.assertIn("marked for deletion", self.belfry("secret", "get", "sms/password", code=1)[1])
        self.belfry("secret", "restore", "sms/password")
        self.belfry("secret", "delete", "sms/password", "--force")
        self.assertIn("ResourceNotFoundException", self.belfry("secret", "get", "sms/password", code=1)[1])

    def test_on_a_stopped_belfry(self):
        _, err = self.put("binary", bytes(range(256)))
        self.assertIn("made a master key beside the secrets", err)
        done = subprocess.run([PROGRAM, "secret", "get", "binary"], cwd=self.folder, capture_output=True, timeout=60)
        self.assertEqual(done.stdout, bytes(range(256)))
        self.assertEqual((self.data() / "master-key").stat().st_mode & 0o777, 0o600)
        self.ordinary_day()
        for path in (self.data() / "queue-log").rglob("*"):
            self.assertNotIn(b"sesame", path.read_bytes(), path)

    def test_on_a_running_belfry(self):
        running = self.start("--aws", "127.0.0.1:0")
        noted = self.data() / "aws-address"
        running.wait(lambda it: noted.exists(), "the endpoint's address")
        self.ordinary_day()
        self.assertNotIn("sesame", (self.folder / "log").read_text())

    def test_another_master_key_is_told(self):
        self.put("a", b"1")
        (self.data() / "master-key").write_text("A" * 43 + "=\n")
        _, err = self.belfry("secret", "get", "a", code=1)
        self.assertIn("give belfry the key that it was written with", err)

    def test_the_master_key_from_the_environment_and_a_command(self):
        self.change("networks:", 'secrets: {master_key: "${BELFRY_KEY}"}\nnetworks:')
        os.environ["BELFRY_KEY"] = "0f" * 32
        self.addCleanup(os.environ.pop, "BELFRY_KEY")
        self.put("a", b"1")
        self.assertFalse((self.data() / "master-key").exists())
        self.change('{master_key: "${BELFRY_KEY}"}', "{master_key_command: 'printenv BELFRY_KEY'}")
        self.assertEqual(self.belfry("secret", "get", "a")[0], "1")
        self.change("printenv BELFRY_KEY", "exit 3")
        self.assertIn("`exit 3` ended with status 3", self.belfry("secret", "get", "a", code=1)[1])

    def test_a_password_that_is_missing_is_named(self):
        self.change("networks:", "sms: {smpp: {address: '127.0.0.1:1', system_id: b, password: {secret: sms/pw}}}\nnetworks:")
        _, err = self.belfry("run", "--admin", "127.0.0.1:0", code=1)
        self.assertIn("sms.smpp.password: there is no secret 'sms/pw'", err)
        self.put("sms/pw", b"much too long for SMPP")
        self.assertIn("at most 8 characters", self.belfry("run", "--admin", "127.0.0.1:0", code=1)[1])

    def serve(self, port=0):
        """A peer, in the place of the one before."""
        if self.peer:
            self.stop_peer()
        self.peer = subprocess.Popen([os.environ["STANDIN_PEER"], "--ledger", "ngo", "--credentials", "credentials", "--port", str(port)],
                                     cwd=self.folder, stdout=subprocess.PIPE, text=True)
        address = self.peer.stdout.readline().split()[1]
        (self.folder / "belfry.yaml").write_text(PEER.format(address=address, channel="mychannel"))
        return int(address.split(":")[1])

    def stop_peer(self):
        self.peer.kill()
        self.peer.wait()
        self.peer.stdout.close()

    def put_identity(self, who):
        for secret, file in (("signcert", f"{who}.pem"), ("pk", f"{who}.key")):
            self.put(f"{LISTENER}/{secret}", (self.folder / "credentials" / file).read_bytes())

    def test_a_listener_signs_with_an_identity_from_secrets(self):
        port = self.serve()
        self.addCleanup(self.stop_peer)
        _, err = self.belfry("run", "--admin", "127.0.0.1:0", code=1)
        self.assertIn(f"there is no secret '{LISTENER}/signcert'", err)
        self.assertIn(f"there is no secret '{LISTENER}/signcert'", self.belfry("check", "--connect", code=1)[1])
        self.put(f"{LISTENER}/signcert", (self.folder / "credentials/user.pem").read_bytes())
        _, err = self.belfry("run", "--admin", "127.0.0.1:0", code=1)
        self.assertIn(f"there is no secret '{LISTENER}/pk'", err)
        self.put_identity("user")
        self.looks_at_the_network()
        running = self.start()
        running.wait(lambda it: it["listeners"][0]["delivered"] > 0, "events")
        self.looks_at_the_network()
        # A new certificate is taken at the next connect.
        self.put_identity("stranger")
        self.serve(port)
        running.wait(lambda it: it["networks"][0].get("code") == "no-permission", "the new certificate at the peer")
        self.assertNotIn("PRIVATE KEY", (self.folder / "log").read_text())

    def looks_at_the_network(self):
        """Commands open the secrets as `belfry run` does, beside one that runs and without."""
        self.assertIn("has 227 blocks", self.belfry("check", "--connect")[0])
        events, _ = self.belfry("events", "charity", "--limit", "3", "--output", "json")
        self.assertEqual(len(events.splitlines()), 3)


if __name__ == "__main__":
    main()
