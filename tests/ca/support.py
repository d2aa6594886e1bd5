"""What the CA's tests share: a running `belfry ca serve`, and the command as a user runs it."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

BELFRY = os.environ["BELFRY"]
SECRET = "registrar-secret"


class CaTest(unittest.TestCase):
    options = []

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="belfry-ca-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.server = None
        self.start()
        self.addCleanup(self.stop)

    def start(self, port=0):
        self.server = subprocess.Popen(
            [BELFRY, "ca", "serve", "--data", "ca", "--port", str(port), "--tls", "--allow-removing", *self.options], cwd=self.folder,
            env={**os.environ, "BELFRY_CA_REGISTRAR_SECRET": SECRET}, stderr=subprocess.PIPE, text=True)
        for line in self.server.stderr:
            found = re.search(r"url=https://127.0.0.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                self.url = f"https://localhost:{self.port}"
                return
        self.fail("belfry ca serve did not start")

    def stop(self, kill=False):
        if self.server:
            self.server.kill() if kill else self.server.terminate()
            self.server.wait(120)
            self.server.stderr.close()
            self.server = None

    def environment(self):
        return {**os.environ, "BELFRY_CA_URL": self.url, "BELFRY_CA_TLS_CA": "ca/ca-cert.pem", "BELFRY_CA_AS": "admin/msp"}

    def run_ca(self, *arguments, secret=None):
        """The command's exit code, standard output and standard error."""
        done = subprocess.run([BELFRY, "ca", *arguments], cwd=self.folder, input=secret, env=self.environment(),
                              capture_output=True, text=True, timeout=180)
        return done.returncode, done.stdout, done.stderr

    def ca(self, *arguments, secret=None):
        code, out, err = self.run_ca(*arguments, secret=secret)
        self.assertEqual(code, 0, f"{arguments}: {err}{out}")
        return out

    def ca_json(self, *arguments, secret=None):
        return json.loads(self.ca(*arguments, "--output", "json", secret=secret))

    def enroll_admin(self):
        self.ca("enroll", "admin", "--msp", "admin/msp", secret=SECRET + "\n")
