"""What the command's tests share: the program, a folder with the recorded ledger, and a running belfry."""
import json
import lzma
import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

PROGRAM = os.environ["BELFRY"]
PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
LEDGER = PROJECT / "tests/data/ledgers/ngo-3.1"

CONFIG = """\
networks:
  charity: {blocks: mychannel.blockfile}
listeners:
  donations:
    network: charity
    match: {chaincode: ngo, event: donationCreated}
    to: queue:donations
queues:
  donations: {dead_letter: {queue: dead, after: 3}}
  dead: {}
functions:
  announce:
    from: queue:donations
    template: "{{payload.createdBy}} gave ${{payload.donationAmount}}"
    to: topic:news
topics:
  news:
    subscriptions:
      - {protocol: sms, endpoint: "+15555550100"}
      - {protocol: sms, endpoint: "+15555550101", filter: {donationAmount: [{numeric: [">=", 95]}]}}
"""

_block_file = None


def block_file():
    global _block_file
    if _block_file is None:
        _block_file = lzma.decompress((LEDGER / "mychannel.blockfile.xz").read_bytes())
    return _block_file


def truth():
    """Transactions as an independent decoder found them."""
    with lzma.open(LEDGER / "truth.jsonl.xz", "rt") as lines:
        return [it for it in map(json.loads, lines) if it["kind"] == "tx"]


class CliTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="belfry-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "belfry.yaml").write_text(CONFIG)
        (self.folder / "mychannel.blockfile").write_bytes(block_file())

    def belfry(self, *arguments, code=0, **environment):
        """Runs to the end; checks the exit code; (standard output, standard error)."""
        done = subprocess.run([PROGRAM, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True, timeout=240,
                              env={**os.environ, **environment})
        self.assertEqual(done.returncode, code, f"belfry {' '.join(map(str, arguments))}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done.stdout, done.stderr

    def change(self, what, to):
        path = self.folder / "belfry.yaml"
        text = path.read_text()
        self.assertIn(what, text)
        path.write_text(text.replace(what, to))

    def start(self, *arguments):
        running = Running(self, arguments)
        self.addCleanup(running.kill)
        return running


class Running:
    """A `belfry run` in the test's folder, with its admin API on a free port."""

    def __init__(self, test, arguments=()):
        self.test = test
        self.log = open(test.folder / "log", "ab")
        noted = test.folder / "belfry-data/admin-address"
        noted.unlink(missing_ok=True)
        self.process = subprocess.Popen([PROGRAM, "run", "--admin", "127.0.0.1:0", *arguments], cwd=test.folder, stderr=self.log)
        while not noted.exists():
            test.assertIsNone(self.process.poll(), (test.folder / "log").read_text())
            time.sleep(0.01)
        self.address = noted.read_text().strip()

    def request(self, target, body=None, headers=None, method=None):
        """(status, text)"""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if headers is None and data is not None else headers or {}
        request = urllib.request.Request(f"http://{self.address}{target}", data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def get(self, target):
        status, text = self.request(target)
        self.test.assertEqual(status, 200, text)
        return json.loads(text)

    def wait(self, condition, what):
        """Until the condition on the status holds."""
        deadline = time.monotonic() + 180
        while not condition(status := self.get("/api/v1/status")):
            self.test.assertLess(time.monotonic(), deadline, f"{what} never came: {json.dumps(status)[:3000]}")
            time.sleep(0.02)
        return status

    def wait_until_quiet(self, events):
        # Counters follow the acknowledgements, so they are waited for too.
        return self.wait(lambda it: it["listeners"][0]["delivered"] >= events and it["listeners"][0]["lag_blocks"] == 0
                         and it["functions"][0]["done"] >= events
                         and not any(s["waiting"] for s in it["subscriptions"])
                         and not any(q["visible"] + q["in_flight"] for q in it["queues"] if q["name"] == "donations"), "the end")

    def stop(self, with_signal=signal.SIGTERM):
        """Seconds it took, exit code."""
        began = time.monotonic()
        self.process.send_signal(with_signal)
        code = self.process.wait(timeout=120)
        return time.monotonic() - began, code

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()


def on_terminal(arguments, folder, **environment):
    """What the program writes when its output is a terminal."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen([PROGRAM, *arguments], cwd=folder, stdin=terminal, stdout=terminal, stderr=terminal,
                               env={**os.environ, "TERM": "xterm", **environment})
    os.close(terminal)
    out = b""
    while True:
        try:
            piece = os.read(controller, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        out += piece
    os.close(controller)
    process.wait()
    return out.decode()


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
