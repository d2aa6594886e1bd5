"""A belfry that a demo runs: its folder holds belfry.yaml, the data directory and the log."""
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request


class Belfry:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.environment = {}
        self.process = self.address = None
        self.log = open(folder / "belfry.log", "ab")

    def run(self, *arguments, environment=None):
        """One command in the folder; what it printed."""
        done = subprocess.run([self.program, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                              env={**os.environ, **self.environment, **(environment or {})})
        if done.returncode:
            sys.exit(f"belfry {' '.join(map(str, arguments))} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self):
        noted = self.folder / "belfry-data/admin-address"
        noted.unlink(missing_ok=True)
        self.process = subprocess.Popen([self.program, "run", "--admin", "127.0.0.1:0"], cwd=self.folder, stderr=self.log,
                                        env={**os.environ, **self.environment})
        deadline = time.monotonic() + 120
        while not noted.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit("belfry did not start:\n" + (self.folder / "belfry.log").read_text())
            time.sleep(0.01)
        self.address = noted.read_text().strip()

    def stop(self, with_signal=signal.SIGTERM):
        if self.process:
            self.process.send_signal(with_signal)
            self.process.wait()
            self.process = None

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.address}{path}", timeout=120) as answer:
            return json.load(answer)

    def status(self):
        return self.get("/api/v1/status")

    def outbox(self):
        """Every entry, oldest first."""
        entries, after = [], 0
        while True:
            answer = self.get(f"/api/v1/outbox?after={after}&limit=1000")
            if not answer["messages"]:
                return entries
            entries += [json.loads(message["body"]) for message in answer["messages"]]
            after = answer["next"]
